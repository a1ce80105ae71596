import { readFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import type { RequestOptions } from 'node:https';
import { isIPv6 } from 'node:net';
import { join } from 'node:path';
import type { KubeConfig } from '@kubernetes/client-node';
import type { Dispatcher } from 'undici';

/** TLS material of a connection to the API server, PEM. */
export interface TlsIdentity {
  ca?: string;
  cert?: string;
  key?: string;
  pfx?: Buffer;
  passphrase?: string;
  servername?: string;
  rejectUnauthorized?: boolean;
}

/** What is needed to send a request right now. */
export interface Credentials {
  tls: TlsIdentity;
  headers: Record<string, string>;
  /** A ready connection for clusters behind a proxy. */
  proxied?: Dispatcher;
}

/** How to reach one cluster as one user. */
export interface Login {
  server: URL;
  namespace: string;
  /** Reads tokens and certificates afresh (files, exec plugins). */
  credentials(): Promise<Credentials>;
}

export interface LoginOptions {
  kubeconfig?: string;
  context?: string;
}

const SERVICE_ACCOUNT = '/var/run/secrets/kubernetes.io/serviceaccount';

/**
 * Finds the login as kubectl does: a kubeconfig that was named, `$KUBECONFIG`, `~/.kube/config`, then the pod's service
 * account.
 * @throws Error when there is none, saying what was looked for.
 */
export async function findLogin(options: LoginOptions, environment: NodeJS.ProcessEnv = process.env): Promise<Login> {
  const home = join(environment['HOME'] ?? homedir(), '.kube', 'config');
  if (options.kubeconfig || environment['KUBECONFIG'] || existsSync(home)) {
    return kubeconfigLogin(options);
  }
  if (environment['KUBERNETES_SERVICE_HOST'] && existsSync(`${SERVICE_ACCOUNT}/token`)) {
    return inClusterLogin(SERVICE_ACCOUNT, environment);
  }
  throw new Error(
    `no way to reach a cluster: neither a kubeconfig ($KUBECONFIG, ${home}) nor a service account (${SERVICE_ACCOUNT}) is there; set KUBECONFIG`,
  );
}

/** The service account that the kubelet mounts; the token file changes as it rotates (KEP-1205). */
export async function inClusterLogin(directory: string, environment: NodeJS.ProcessEnv): Promise<Login> {
  const host = environment['KUBERNETES_SERVICE_HOST'] ?? '';
  const port = environment['KUBERNETES_SERVICE_PORT'] ?? '443';
  return {
    server: new URL(`https://${isIPv6(host) ? `[${host}]` : host}:${port}`),
    namespace: (await readFile(`${directory}/namespace`, 'utf8')).trim(),
    credentials: async () => {
      const [token, ca] = await Promise.all([
        readFile(`${directory}/token`, 'utf8'),
        readFile(`${directory}/ca.crt`, 'utf8'),
      ]);
      return { tls: { ca }, headers: { authorization: `Bearer ${token.trim()}` } };
    },
  };
}

/**
 * Every login a kubeconfig can name (certificates, tokens, exec plugins, OIDC, proxies), by client-node's KubeConfig. It
 * is loaded only here, because it drags 800 models along (90 MB of RSS) that a process in a pod never needs.
 */
async function kubeconfigLogin({ kubeconfig, context }: LoginOptions): Promise<Login> {
  const config = new (await loadKubeConfig())();
  if (kubeconfig) config.loadFromFile(kubeconfig);
  else config.loadFromDefault();
  if (context) config.setCurrentContext(context);
  const cluster = config.getCurrentCluster();
  if (!cluster) {
    throw new Error(
      `kubeconfig ${kubeconfig ?? '(default)'}: context "${config.getCurrentContext()}" names no cluster; choose a context of the file`,
    );
  }
  return {
    server: new URL(cluster.server),
    namespace: config.getContextObject(config.getCurrentContext())?.namespace ?? 'default',
    credentials: () => kubeconfigCredentials(config, cluster.proxyUrl !== undefined),
  };
}

/** Bundles for pods may leave client-node out. */
async function loadKubeConfig(): Promise<typeof KubeConfig> {
  try {
    return (await import('@kubernetes/client-node')).KubeConfig;
  } catch (cause) {
    throw new Error(
      'this build reads no kubeconfig (@kubernetes/client-node is not in it): run it in a pod, or install the package beside it',
      { cause },
    );
  }
}

async function kubeconfigCredentials(config: KubeConfig, behindProxy: boolean): Promise<Credentials> {
  // KubeConfig fills both in.
  const headers: Record<string, string> = {};
  const options: RequestOptions = { headers };
  await config.applyToHTTPSOptions(options);
  if (options.auth) headers['authorization'] = `Basic ${Buffer.from(options.auth).toString('base64')}`;
  const { ca, cert, key, pfx, passphrase, servername, rejectUnauthorized } = options;
  const tls: TlsIdentity = {
    ...(ca && { ca: pem(ca) }),
    ...(cert && { cert: pem(cert) }),
    ...(key && { key: pem(key) }),
    ...(Buffer.isBuffer(pfx) && { pfx }),
    ...(passphrase && { passphrase }),
    ...(servername && { servername }),
    ...(rejectUnauthorized === false && { rejectUnauthorized }),
  };
  return { tls, headers, ...(behindProxy && { proxied: await proxiedDispatcher(config) }) };
}

function pem(material: NonNullable<RequestOptions['ca'] | RequestOptions['key']>): string {
  return Buffer.isBuffer(material) ? material.toString('utf8') : String(material as string);
}

/** KubeConfig builds the tunnel (HTTP, HTTPS, SOCKS) as part of an API call's authentication. */
async function proxiedDispatcher(config: KubeConfig): Promise<Dispatcher | undefined> {
  let dispatcher: Dispatcher | undefined;
  const call = { setHeaderParam: () => undefined, setDispatcher: (made: Dispatcher) => (dispatcher = made) };
  await config.applySecurityAuthentication(call as unknown as Parameters<KubeConfig['applySecurityAuthentication']>[0]);
  return dispatcher;
}
