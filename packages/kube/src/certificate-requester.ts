import { createPrivateKey, randomBytes, X509Certificate } from 'node:crypto';
import type { Logger } from '@quickvirt/telemetry';
import { BackOff } from './back-off.ts';
import type { CertificateValidity } from './certificate-metrics.ts';
import type { KubeClient } from './client.ts';
import { systemClock, type Clock } from './clock.ts';
import { findCondition } from './conditions.ts';
import { certificateSigningRequests, type CertificateSigningRequest } from './core-types.ts';
import { Terminal, TransportError } from './errors.ts';

export interface CertificateRequesterOptions {
  /** `spec.signerName`, for example `example.io/serving`. */
  signerName: string;
  commonName: string;
  dnsNames?: readonly string[];
  ipAddresses?: readonly string[];
  /** `spec.usages`. */
  usages: readonly ('digital signature' | 'key encipherment' | 'server auth' | 'client auth')[];
  /** Prefix of the CSR object's name; random characters follow. */
  namePrefix: string;
  /** `spec.expirationSeconds`, at least 600. Left out: the signer's choice. */
  expirationSeconds?: number;
  /** How long one request may wait for its signer. Defaults to 10 minutes. */
  issueTimeoutMs?: number;
  logger: Logger;
  clock?: Clock;
  random?: () => number;
}

/** A leaf certificate and its key. */
export interface IssuedCertificate {
  /** PKCS #8, never written anywhere. */
  keyPem: string;
  /** Leaf first, then what the signer added. */
  certificatePem: string;
  notBefore: Date;
  notAfter: Date;
}

/** Nothing tells a process that the clock was set: it looks again so often, well within any certificate's last part. */
const LONGEST_SLEEP_MS = 300_000;

/** Whatever a signer answers: no request follows another sooner. */
const SHORTEST_SLEEP_MS = 1_000;

/**
 * When to renew: at 2/3 of the time that the certificate was good for when it was issued, up to a tenth of that earlier so that
 * replicas do not come at once. Signers date certificates back, by minutes, so their own beginning says little of a short one.
 * @param random 0 to 1.
 */
export function renewalTime({ notBefore, notAfter }: CertificateValidity, issuedAt: Date, random: number): Date {
  const fromMs = Math.min(Math.max(notBefore.getTime(), issuedAt.getTime()), notAfter.getTime());
  const dueMs = fromMs + (notAfter.getTime() - fromMs) * (2 / 3 - random / 10);
  return new Date(Math.max(dueMs, issuedAt.getTime() + SHORTEST_SLEEP_MS));
}

/** Resolves when the wall clock says `time`, or soon after it was set past it. Rejects with the signal's reason. */
export async function sleepUntil(time: Date, clock: Clock, signal: AbortSignal): Promise<void> {
  for (;;) {
    const remainingMs = time.getTime() - clock.now().getTime();
    if (remainingMs <= 0 || signal.aborted) return;
    await clock.sleep(Math.min(remainingMs, LONGEST_SLEEP_MS), signal);
  }
}

/**
 * Gets a certificate by CertificateSigningRequest (certificates.k8s.io/v1) and renews it, with a fresh key each time.
 * The key stays in memory. Needs create, get and watch on certificatesigningrequests; not delete, with which it could take
 * away everybody's: kube-controller-manager removes decided requests after an hour (csrcleaner).
 */
export class CertificateRequester {
  readonly #client: KubeClient;
  readonly #options: CertificateRequesterOptions;
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #listeners = new Set<(certificate: IssuedCertificate) => void>();
  readonly #first = Promise.withResolvers<IssuedCertificate>();
  #current: IssuedCertificate | undefined;

  constructor(client: KubeClient, options: CertificateRequesterOptions) {
    this.#client = client;
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#random = options.random ?? Math.random;
  }

  /** The certificate in force, once one was issued. */
  get current(): IssuedCertificate | undefined {
    return this.#current;
  }

  /** Resolves with the first certificate. */
  issued(): Promise<IssuedCertificate> {
    return this.#first.promise;
  }

  /** Calls `listener` with each new certificate; the answer ends that. */
  subscribe(listener: (certificate: IssuedCertificate) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Requests and renews until aborted; failures are logged and tried again with back-off. */
  async run(signal: AbortSignal): Promise<void> {
    const backOff = new BackOff({ minMs: 1_000, maxMs: 60_000, random: this.#random });
    while (!signal.aborted) {
      try {
        const certificate = await this.#request(signal);
        backOff.reset();
        this.#publish(certificate);
        const due = renewalTime(certificate, this.#clock.now(), this.#random());
        await sleepUntil(due, this.#clock, signal);
      } catch (error) {
        if (signal.aborted) return;
        const delayMs = backOff.next(this.#clock.monotonicMs());
        this.#options.logger.error('no certificate was issued', {
          signerName: this.#options.signerName,
          expires: this.#current?.notAfter,
          delayMs,
          error,
        });
        await this.#clock.sleep(delayMs, signal).catch(() => undefined);
      }
    }
  }

  #publish(certificate: IssuedCertificate): void {
    const { signerName, logger } = this.#options;
    logger.info('certificate issued', { signerName, notAfter: certificate.notAfter });
    this.#current = certificate;
    this.#first.resolve(certificate);
    for (const listener of this.#listeners) listener(certificate);
  }

  async #request(signal: AbortSignal): Promise<IssuedCertificate> {
    const { namePrefix, signerName, usages, expirationSeconds } = this.#options;
    // Loaded on first use: most of the package's users need no certificate.
    const { createSigningRequest } = await import('./certificate-signing.ts');
    const { keyPem, requestPem } = await createSigningRequest(this.#options);
    const name = `${namePrefix}-${randomBytes(5).toString('hex')}`;
    const request = Buffer.from(requestPem).toString('base64');
    const spec = { request, signerName, usages: [...usages], ...(expirationSeconds && { expirationSeconds }) };
    const created = await this.#client.create(certificateSigningRequests, { metadata: { name }, spec }, { signal });
    return issuedFrom(keyPem, await this.#decided(created, signal));
  }

  /** The certificate of the CSR, PEM. @throws Terminal when it was denied or failed; Error when the time is up. */
  async #decided(created: CertificateSigningRequest, signal: AbortSignal): Promise<string> {
    const { issueTimeoutMs = 600_000, signerName } = this.#options;
    const expiry = new AbortController();
    const cancel = this.#clock.after(issueTimeoutMs, () => {
      const what = `CertificateSigningRequest ${created.metadata.name}: no decision within ${issueTimeoutMs} ms`;
      expiry.abort(new Error(`${what}; is the signer ${signerName} running?`));
    });
    const until = AbortSignal.any([signal, expiry.signal]);
    try {
      for (let current = created; ; current = await this.#changed(current, until)) {
        const certificate = decisionOf(current);
        if (certificate !== undefined) return certificate;
      }
    } finally {
      cancel();
    }
  }

  /** The CSR after its next change, or after the watch ended. */
  async #changed({ metadata }: CertificateSigningRequest, signal: AbortSignal): Promise<CertificateSigningRequest> {
    const { name = '', resourceVersion = '' } = metadata;
    const watch = { fieldSelector: `metadata.name=${name}`, resourceVersion, signal };
    try {
      for await (const event of this.#client.watch(certificateSigningRequests, watch)) {
        if (event.type === 'DELETED') throw new Error(`CertificateSigningRequest ${name} was deleted undecided`);
        if (event.type === 'ERROR') break;
        if (event.type !== 'BOOKMARK') return event.object;
      }
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof TransportError)) throw error;
    }
    return await this.#client.get(certificateSigningRequests, { name }, { signal });
  }
}

/** The certificate, PEM; undefined while nobody has decided. @throws Terminal when it was denied or failed. */
function decisionOf(csr: CertificateSigningRequest): string | undefined {
  const conditions = (csr.status?.conditions ?? []) as {
    type: string;
    status: 'True';
    reason?: string;
    message?: string;
  }[];
  for (const type of ['Denied', 'Failed']) {
    const condition = findCondition(conditions, type);
    if (!condition) continue;
    const text = `CertificateSigningRequest ${csr.metadata.name} ${type.toLowerCase()}: ${condition.message ?? condition.reason ?? 'no reason given'}`;
    throw new Terminal(condition.reason ?? type, text);
  }
  const certificate = csr.status?.certificate;
  return certificate ? Buffer.from(certificate, 'base64').toString('utf8') : undefined;
}

/** @throws Error when the signer answered with a certificate for another key. */
function issuedFrom(keyPem: string, certificatePem: string): IssuedCertificate {
  const leaf = new X509Certificate(certificatePem);
  if (!leaf.checkPrivateKey(createPrivateKey(keyPem))) {
    throw new Error('the certificate that was issued is for another key: the signer mixed up requests');
  }
  return { keyPem, certificatePem, notBefore: new Date(leaf.validFrom), notAfter: new Date(leaf.validTo) };
}
