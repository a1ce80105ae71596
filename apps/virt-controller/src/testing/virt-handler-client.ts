import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { KubeClient, nodes, pods, serviceAccounts, type Pod } from '@quickvirt/kube';
import type { KubeApiserver } from '@quickvirt/testing';
import { NAMESPACE, type Installation } from './installation.ts';

/** The virt-handler of a node as the API server knows it: by a token that is bound to its pod, and so to the node. Once a node. */
export async function virtHandlerClient(
  { apiserver, admin }: Pick<Installation, 'apiserver' | 'admin'>,
  nodeName: string,
): Promise<KubeClient> {
  await admin.create(serviceAccounts, { metadata: { name: 'virt-handler', namespace: NAMESPACE } });
  await admin.create(nodes, { metadata: { name: nodeName } });
  const pod: Pod = {
    metadata: { name: 'virt-handler-x', namespace: NAMESPACE },
    spec: { serviceAccountName: 'virt-handler', nodeName, containers: [{ name: 'x', image: 'x' }] },
  };
  const { metadata } = await admin.create(pods, pod);
  const boundObjectRef = { apiVersion: 'v1', kind: 'Pod', name: metadata.name, uid: metadata.uid };
  const { status } = await admin.request<{ status: { token: string } }>({
    method: 'POST',
    path: `/api/v1/namespaces/${NAMESPACE}/serviceaccounts/virt-handler/token`,
    body: { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: { boundObjectRef } },
  });
  await apiserver.kubectl(
    'create',
    'clusterrolebinding',
    'virt-handler',
    '--clusterrole=cluster-admin',
    `--serviceaccount=${NAMESPACE}:virt-handler`,
  );
  return KubeClient.load({ kubeconfig: tokenKubeconfig(apiserver, status.token) });
}

function tokenKubeconfig({ folder, url, authority }: KubeApiserver, token: string): string {
  const path = join(folder, 'token.kubeconfig');
  const cluster = {
    server: url,
    'certificate-authority-data': Buffer.from(authority.certificatePem).toString('base64'),
  };
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'test', cluster }],
    users: [{ name: 'test', user: { token } }],
    contexts: [{ name: 'test', context: { cluster: 'test', user: 'test' } }],
    'current-context': 'test',
  };
  writeFileSync(path, JSON.stringify(config));
  return path;
}
