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

type Action = (session: Session, name: string, action: string, options: Record<string, unknown>) => Promise<void>;

/** Asks for an action on a VM, for example `start`. */
export const putVmAction: Action = (...call) => putAction('virtualmachines', ...call);

/** Asks for an action on a VMI, for example `pause`. */
export const putVmiAction: Action = (...call) => putAction('virtualmachineinstances', ...call);

async function putAction(plural: string, ...[{ client, namespace }, name, action, body]: Parameters<Action>) {
  const path = `${SUBRESOURCES}/namespaces/${encodeURIComponent(namespace)}/${plural}/${encodeURIComponent(name)}/${action}`;
  await client.request({ method: 'PUT', path, body });
}
