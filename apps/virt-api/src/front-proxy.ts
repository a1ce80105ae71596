import { X509Certificate } from 'node:crypto';
import type { TLSSocket } from 'node:tls';

/**
 * How kube-apiserver's aggregation layer vouches for a caller, as it publishes it in the ConfigMap
 * kube-system/extension-apiserver-authentication.
 */
export interface FrontProxyTrust {
  /** CAs of the proxy's client certificate, PEM. */
  caPem: string;
  authorities: readonly X509Certificate[];
  /** Common names the proxy may have; empty means any that the CA signed. */
  allowedNames: readonly string[];
  /** Header names in lower case, in order of preference. */
  usernameHeaders: readonly string[];
  uidHeaders: readonly string[];
  groupHeaders: readonly string[];
  extraHeaderPrefixes: readonly string[];
}

/** A caller, as the proxy authenticated them. */
export interface Caller {
  username: string;
  uid?: string;
  groups: string[];
  extra: Record<string, string[]>;
}

/** Reads the ConfigMap's data. Undefined when the cluster has no aggregation layer configured. */
export function frontProxyTrustFrom(data: Readonly<Record<string, string>> | undefined): FrontProxyTrust | undefined {
  const caPem = data?.['requestheader-client-ca-file'];
  if (!data || !caPem) return undefined;
  const names = (key: string): string[] => stringList(data[key]).map((name) => name.toLowerCase());
  return {
    caPem,
    authorities: certificatesOf(caPem),
    allowedNames: stringList(data['requestheader-allowed-names']),
    usernameHeaders: names('requestheader-username-headers'),
    uidHeaders: names('requestheader-uid-headers'),
    groupHeaders: names('requestheader-group-headers'),
    extraHeaderPrefixes: names('requestheader-extra-headers-prefix'),
  };
}

/** A JSON list of strings; empty for anything else, because nobody is trusted by a value that cannot be read. */
function stringList(json: string | undefined): string[] {
  if (!json) return [];
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    return [];
  }
  return Array.isArray(value) && value.every((item) => typeof item === 'string') ? value : [];
}

/** The certificates of a PEM bundle; those that cannot be read are left out. */
function certificatesOf(bundlePem: string): X509Certificate[] {
  const blocks = bundlePem.match(/-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g) ?? [];
  return blocks.flatMap((block) => {
    try {
      return [new X509Certificate(block)];
    } catch {
      return [];
    }
  });
}

type PeerSocket = Pick<TLSSocket, 'authorized' | 'getPeerX509Certificate'>;

/**
 * Whether the other end of the connection is the front proxy: its certificate passed the TLS layer's check when the
 * connection was made (`authorized`), comes from a CA that is trusted now (connections outlive a change of the CA), and
 * has an allowed name.
 */
export function isFrontProxy(socket: PeerSocket, trust: FrontProxyTrust): boolean {
  const certificate = socket.authorized ? socket.getPeerX509Certificate() : undefined;
  if (!certificate || !isIssuedBy(certificate, trust.authorities)) return false;
  if (trust.allowedNames.length === 0) return true;
  const commonName: unknown = certificate.toLegacyObject().subject?.CN;
  return typeof commonName === 'string' && trust.allowedNames.includes(commonName);
}

/** Longest chain that is followed from the proxy's certificate to a CA. */
const MAX_CHAIN_LENGTH = 4;

function isIssuedBy(leaf: X509Certificate, authorities: readonly X509Certificate[]): boolean {
  let certificate = leaf;
  for (let length = 0; length < MAX_CHAIN_LENGTH; length += 1) {
    const subject = certificate;
    if (authorities.some((authority) => subject.checkIssued(authority) && subject.verify(authority.publicKey))) {
      return true;
    }
    const issuer = certificate.issuerCertificate;
    if (!issuer || !certificate.verify(issuer.publicKey)) return false;
    certificate = issuer;
  }
  return false;
}

/** Headers with each line apart: `IncomingMessage.headersDistinct`. */
export type DistinctHeaders = Readonly<Record<string, string[] | undefined>>;

/**
 * The caller that the front proxy names in its headers; undefined when it names none. Only to be asked about requests
 * that came from the proxy: anybody can send such headers.
 */
export function callerFrom(headers: DistinctHeaders, trust: FrontProxyTrust): Caller | undefined {
  const username = firstValue(headers, trust.usernameHeaders);
  if (!username) return undefined;
  const uid = firstValue(headers, trust.uidHeaders);
  const groups = trust.groupHeaders.flatMap((name) => headers[name] ?? []);
  const extra: Record<string, string[]> = {};
  for (const header of Object.keys(headers)) {
    const prefix = trust.extraHeaderPrefixes.find((candidate) => header.startsWith(candidate));
    if (prefix === undefined) continue;
    const key = decodedKey(header.slice(prefix.length));
    extra[key] = [...(extra[key] ?? []), ...(headers[header] ?? [])];
  }
  return { username, ...(uid && { uid }), groups, extra };
}

function firstValue(headers: DistinctHeaders, names: readonly string[]): string | undefined {
  return names.flatMap((name) => headers[name] ?? []).find((value) => value !== '');
}

/** kube-apiserver escapes what a header name cannot hold (client-go, `headerKeyEscape`). */
function decodedKey(key: string): string {
  try {
    return decodeURIComponent(key);
  } catch {
    return key;
  }
}
