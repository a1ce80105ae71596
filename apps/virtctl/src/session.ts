import { findLogin, KubeClient, type Login } from '@quickvirt/kube';
import type { GlobalOptions } from './global-options.ts';
import { SUBRESOURCES } from './subresources.ts';

/** The cluster and namespace a command works on. */
export interface Session {
  login: Login;
  client: KubeClient;
  namespace: string;
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
