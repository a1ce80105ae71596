import type { Command } from 'commander';
import { findLogin, KubeClient, type Login } from '@quickvirt/kube';
import { SUBRESOURCES } from './subresources.ts';

/** Flags that every command takes, as kubectl names them. */
export interface GlobalOptions {
  namespace?: string;
  context?: string;
  kubeconfig?: string;
}

/** The cluster and namespace a command works on. */
export interface Session {
  login: Login;
  client: KubeClient;
  namespace: string;
}

/** Adds the flags of `GlobalOptions`. */
export function withGlobalOptions(command: Command): Command {
  return command
    .configureHelp({ showGlobalOptions: true })
    .option('-n, --namespace <namespace>', 'namespace of the VM; defaults to the one of the context')
    .option('--context <context>', 'context of the kubeconfig; defaults to its current one')
    .option('--kubeconfig <path>', 'path of the kubeconfig; defaults to $KUBECONFIG, then ~/.kube/config');
}

/** Finds the cluster as the flags say, runs the work and closes the connections. */
export async function withSession<T>(options: GlobalOptions, work: (session: Session) => Promise<T>): Promise<T> {
  const login = await findLogin(options);
  const client = new KubeClient(login, { userAgent: 'virtctl' });
  try {
    return await work({ login, client, namespace: options.namespace ?? login.namespace });
  } finally {
    await client.close();
  }
}

/** Asks for an action on a VM, for example `start`. */
export async function putVmAction(
  { client, namespace }: Session,
  name: string,
  action: string,
  options: Record<string, unknown>,
): Promise<void> {
  const path = `${SUBRESOURCES}/namespaces/${encodeURIComponent(namespace)}/virtualmachines/${encodeURIComponent(name)}/${action}`;
  await client.request({ method: 'PUT', path, body: options });
}
