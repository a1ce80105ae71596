import type { ChildProcess } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { command, controlPlaneBinaries, type ControlPlaneBinaries } from '@quickvirt/cluster';
import { endProcess, freePorts, lastLines, launchProcess } from './host-process.ts';
import { eventually } from './settle.ts';
import type { TestAuthority as Authority } from './test-pki.ts';

/** How to start it. */
export interface KubeApiserverOptions {
  /** Further flags of kube-apiserver, for example `--audit-log-path=...`; a later flag of a name wins. */
  flags?: readonly string[];
  /** Further addresses that clients reach it by, which its certificate must name. */
  ipAddresses?: readonly string[];
  /** How long it may take until `/readyz` answers 200. Defaults to 60 s, for a machine under load. */
  startTimeoutMs?: number;
}

/** A real kube-apiserver with an etcd of its own, and nothing else: no controller manager, no scheduler, no node. */
export interface KubeApiserver {
  /** `https://127.0.0.1:PORT` */
  url: string;
  /** Cluster administrator, by client certificate. */
  kubeconfigPath: string;
  /** Authority of the serving certificate and of client certificates. */
  authority: Authority;
  /** Authority of the front proxy's certificate, `CN=front-proxy-client`, which calls aggregated APIs. */
  frontProxyAuthority: Authority;
  /** Holds certificates and the logs `etcd.log`, `kube-apiserver.log`; gone after `stop`. */
  folder: string;
  /** The key that service account tokens are signed with, which a controller manager needs. */
  serviceAccountKeyPath: string;
  /** Whose CPU and memory a benchmark reads. */
  processIds: { etcd: number; kubeApiserver: number };
  /** Runs kubectl as the administrator and returns what it prints. @throws CommandFailed with its output. */
  kubectl(...args: string[]): Promise<string>;
  /** A kubeconfig of another user, by client certificate. */
  kubeconfigFor(user: { name: string; group?: string }): Promise<string>;
  /** Ends both processes and removes the folder. */
  stop(): Promise<void>;
}

/**
 * Starts etcd and kube-apiserver on free loopback ports; takes a few seconds, and builds the programs first where they
 * are not cached. CRDs, webhooks, RBAC, CSRs, server-side apply and aggregation are the real ones; what needs a
 * controller does not happen: namespaces do not go away, owners' dependants are not collected, no service account
 * `default` appears (its admission plugin is off, so that pods can be created). A Service of type ExternalName with the
 * name `localhost` leads webhooks and aggregated APIs to a server of the test.
 * @throws Error with the end of the log of the process that did not start.
 */
export async function startKubeApiserver(options: KubeApiserverOptions = {}): Promise<KubeApiserver> {
  const programs = await controlPlaneBinaries();
  const folder = mkdtempSync(join(tmpdir(), 'quickvirt-kube-apiserver-'));
  const processes: ChildProcess[] = [];
  const stop = async (): Promise<void> => {
    await Promise.all(processes.toReversed().map(endProcess));
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    return await start(programs, folder, processes, options, stop);
  } catch (error) {
    await stop();
    throw error;
  }
}

async function start(
  programs: ControlPlaneBinaries,
  folder: string,
  processes: ChildProcess[],
  options: KubeApiserverOptions,
  stop: () => Promise<void>,
): Promise<KubeApiserver> {
  // Loaded here, so that unit tests of the whole repository do not pay for it.
  const { signingKeyPem, TestAuthority } = await import('./test-pki.ts');
  const pki = join(folder, 'pki');
  mkdirSync(pki, { mode: 0o700 });
  const save = (name: string, text: string): string => {
    writeFileSync(join(pki, name), text, { mode: 0o600 });
    return join(pki, name);
  };
  const authority = await TestAuthority.create('test-ca');
  const frontProxyAuthority = await TestAuthority.create('test-front-proxy-ca');
  const serving = await authority.issue({
    commonName: 'kube-apiserver',
    dnsNames: ['localhost', 'kubernetes.default.svc'],
    ipAddresses: ['127.0.0.1', ...(options.ipAddresses ?? [])],
  });
  const frontProxy = await frontProxyAuthority.issue({ commonName: 'front-proxy-client' });
  const [etcdPort = 0, peerPort = 0, apiPort = 0] = await freePorts(3);
  const url = `https://127.0.0.1:${apiPort}`;
  const etcdUrl = `http://127.0.0.1:${etcdPort}`;
  const clientAuthority = save('ca.crt', authority.certificatePem);
  const serviceAccountKey = save('service-account.key', signingKeyPem());

  const etcd = launchProcess(programs.etcd, join(folder, 'etcd.log'), [
    `--data-dir=${join(folder, 'etcd')}`,
    `--listen-client-urls=${etcdUrl}`,
    `--advertise-client-urls=${etcdUrl}`,
    `--listen-peer-urls=http://127.0.0.1:${peerPort}`,
    '--unsafe-no-fsync', // what a test writes need not outlive the machine
  ]);
  const apiserver = launchProcess(programs.kubeApiserver, join(folder, 'kube-apiserver.log'), [
    `--etcd-servers=${etcdUrl}`,
    '--bind-address=127.0.0.1',
    `--secure-port=${apiPort}`,
    `--client-ca-file=${clientAuthority}`,
    `--tls-cert-file=${save('serving.crt', serving.certificatePem)}`,
    `--tls-private-key-file=${save('serving.key', serving.keyPem)}`,
    `--service-account-key-file=${serviceAccountKey}`,
    `--service-account-signing-key-file=${serviceAccountKey}`,
    '--service-account-issuer=https://kubernetes.default.svc',
    '--service-cluster-ip-range=10.0.0.0/24',
    '--authorization-mode=Node,RBAC',
    '--disable-admission-plugins=ServiceAccount',
    // Aggregation as kubeadm sets it up.
    `--requestheader-client-ca-file=${save('front-proxy-ca.crt', frontProxyAuthority.certificatePem)}`,
    '--requestheader-allowed-names=front-proxy-client',
    '--requestheader-username-headers=X-Remote-User',
    '--requestheader-group-headers=X-Remote-Group',
    '--requestheader-extra-headers-prefix=X-Remote-Extra-',
    `--proxy-client-cert-file=${save('front-proxy.crt', frontProxy.certificatePem)}`,
    `--proxy-client-key-file=${save('front-proxy.key', frontProxy.keyPem)}`,
    ...(options.flags ?? []),
  ]);
  processes.push(etcd.child, apiserver.child);
  await eventually(
    async () => {
      for (const { child, logPath } of [etcd, apiserver]) {
        if (child.exitCode !== null || child.signalCode !== null)
          throw new Ended(`${child.spawnfile} ended as it started:\n${lastLines(logPath)}`);
      }
      return ready(url, authority.certificatePem);
    },
    { timeoutMs: options.startTimeoutMs ?? 60_000, intervalMs: 50, giveUp: (error) => error instanceof Ended },
  ).catch((error: Error) => {
    if (error instanceof Ended) throw error;
    throw new Error(`kube-apiserver is not ready:\n${lastLines(apiserver.logPath)}`, { cause: error });
  });

  const kubeconfigFor = async (user: { name: string; group?: string }): Promise<string> => {
    const client = await authority.issue({ commonName: user.name, organization: user.group });
    const path = join(folder, `${user.name.replaceAll(/[^\w.-]/g, '_')}.kubeconfig`);
    writeFileSync(path, kubeconfig(url, authority.certificatePem, user.name, client), { mode: 0o600 });
    return path;
  };
  const kubeconfigPath = await kubeconfigFor({ name: 'admin', group: 'system:masters' });
  return {
    url,
    kubeconfigPath,
    authority,
    frontProxyAuthority,
    folder,
    serviceAccountKeyPath: serviceAccountKey,
    processIds: { etcd: etcd.child.pid ?? 0, kubeApiserver: apiserver.child.pid ?? 0 },
    kubectl: (...args) => command([programs.kubectl, '--kubeconfig', kubeconfigPath, ...args]),
    kubeconfigFor,
    stop,
  };
}

/** A process that ended before it was of use: waiting longer is no help. */
class Ended extends Error {}

/** A kubeconfig is YAML, of which JSON is a part. */
function kubeconfig(
  url: string,
  authorityPem: string,
  user: string,
  client: { certificatePem: string; keyPem: string },
): string {
  const base64 = (text: string): string => Buffer.from(text).toString('base64');
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'test', cluster: { server: url, 'certificate-authority-data': base64(authorityPem) } }],
    users: [
      {
        name: user,
        user: {
          'client-certificate-data': base64(client.certificatePem),
          'client-key-data': base64(client.keyPem),
        },
      },
    ],
    contexts: [{ name: 'test', context: { cluster: 'test', user } }],
    'current-context': 'test',
  });
}

/** Whether `/readyz` says 200. @throws while nothing listens. */
function ready(url: string, authorityPem: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const call = request(`${url}/readyz`, { ca: authorityPem, agent: false, timeout: 5000 }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    });
    call.once('timeout', () => call.destroy(new Error('/readyz does not answer')));
    call.once('error', reject).end();
  });
}
