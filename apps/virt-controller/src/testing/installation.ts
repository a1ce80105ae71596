import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KubeClient, namespaces } from '@quickvirt/kube';
import { createLogger, Metrics, type Logger } from '@quickvirt/telemetry';
import { eventually, startKubeApiserver, type KubeApiserver } from '@quickvirt/testing';
import { rbac as rights } from '../rbac.ts';
import { runVirtController } from '../run.ts';

/** Namespace of the installation. */
export const NAMESPACE = 'quickvirt';
/** Who virt-controller is, with the rights that the chart gives it and no others. */
export const SERVICE_ACCOUNT = `system:serviceaccount:${NAMESPACE}:virt-controller`;
const CRDS = join(import.meta.dirname, '../../../../charts/quickvirt/templates/crds');

interface Stoppable {
  stop(): Promise<void>;
}

/** A real API server with our CRDs, the rights of virt-controller and a KubeVirt object. */
export interface Installation extends Stoppable {
  readonly apiserver: KubeApiserver;
  /** The administrator: user, kubelet and virt-handler in one. */
  readonly admin: KubeClient;
  /** The API server's log of writes, one JSON event a line. */
  readonly auditLog: string;
  /** Starts a replica of virt-controller. */
  startController(podName: string): Promise<Stoppable>;
}

/** Starts it; takes a few seconds. */
export async function startInstallation(): Promise<Installation> {
  const auditFolder = mkdtempSync(join(tmpdir(), 'quickvirt-audit-'));
  const policy = join(auditFolder, 'policy.json');
  const auditLog = join(auditFolder, 'audit.log');
  writeFileSync(policy, JSON.stringify(AUDIT_POLICY));
  const apiserver = await startKubeApiserver({
    flags: [`--audit-policy-file=${policy}`, `--audit-log-path=${auditLog}`],
  });
  const admin = await KubeClient.load({ kubeconfig: apiserver.kubeconfigPath });
  await install(apiserver, admin);
  const kubeconfig = await apiserver.kubeconfigFor({ name: SERVICE_ACCOUNT });
  return {
    apiserver,
    admin,
    auditLog,
    startController: (podName) => startController(kubeconfig, podName),
    stop: async () => {
      await admin.close();
      await apiserver.stop();
      rmSync(auditFolder, { recursive: true, force: true });
    },
  };
}

/** The API server's log of writes, in its own terms. */
const AUDIT_POLICY = {
  apiVersion: 'audit.k8s.io/v1',
  kind: 'Policy',
  omitStages: ['RequestReceived'],
  rules: [{ level: 'Metadata', verbs: ['create', 'update', 'patch', 'delete'] }],
};

async function apply(apiserver: KubeApiserver, ...objects: object[]): Promise<void> {
  const file = join(apiserver.folder, `${crypto.randomUUID()}.json`);
  writeFileSync(file, JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects }));
  await apiserver.kubectl('apply', '--server-side', '-f', file);
}

async function install(apiserver: KubeApiserver, admin: KubeClient): Promise<void> {
  const ours = ['virtualmachines.kubevirt.io', 'virtualmachineinstances.kubevirt.io', 'kubevirts.kubevirt.io'];
  const files = readdirSync(CRDS).filter((file) => ours.some((name) => file === `${name}.yaml`));
  await apiserver.kubectl('create', ...files.flatMap((file) => ['-f', join(CRDS, file)]));
  const established = ours.map((name) => `crd/${name}`);
  // kubectl gives up on a CRD that has no status yet.
  await eventually(() => apiserver.kubectl('wait', '--for=condition=Established', '--timeout=60s', ...established));
  await admin.create(namespaces, { metadata: { name: NAMESPACE } });
  const rbac = 'rbac.authorization.k8s.io';
  const subjects = [{ kind: 'User', name: SERVICE_ACCOUNT, apiGroup: rbac }];
  const named = { name: 'virt-controller' };
  const inNamespace = { ...named, namespace: NAMESPACE };
  await apply(
    apiserver,
    { apiVersion: `${rbac}/v1`, kind: 'ClusterRole', metadata: named, rules: rights.cluster },
    { apiVersion: `${rbac}/v1`, kind: 'Role', metadata: inNamespace, rules: rights.namespaced },
    {
      apiVersion: `${rbac}/v1`,
      kind: 'ClusterRoleBinding',
      metadata: named,
      roleRef: { apiGroup: rbac, kind: 'ClusterRole', name: 'virt-controller' },
      subjects,
    },
    {
      apiVersion: `${rbac}/v1`,
      kind: 'RoleBinding',
      metadata: inNamespace,
      roleRef: { apiGroup: rbac, kind: 'Role', name: 'virt-controller' },
      subjects,
    },
    {
      apiVersion: 'kubevirt.io/v1',
      kind: 'KubeVirt',
      metadata: { name: 'kubevirt', namespace: NAMESPACE },
      spec: { configuration: { developerConfiguration: { useEmulation: true } } },
    },
    {
      apiVersion: 'admissionregistration.k8s.io/v1',
      kind: 'ValidatingWebhookConfiguration',
      metadata: { name: 'virt-api-validator' },
      webhooks: [
        {
          name: 'nothing.kubevirt.io',
          admissionReviewVersions: ['v1'],
          sideEffects: 'None',
          clientConfig: { service: { name: 'virt-api', namespace: NAMESPACE } },
          rules: [],
        },
      ],
    },
  );
}

async function startController(kubeconfig: string, podName: string): Promise<Stoppable> {
  const client = await KubeClient.load({ kubeconfig });
  const abort = new AbortController();
  const logger: Logger = createLogger({ component: 'virt-controller', verbosity: 0 });
  const options = {
    launcherImage: 'registry.test/launcher:1',
    logVerbosity: 0,
    healthPort: 0,
    namespace: NAMESPACE,
    podName,
    firstConfigurationPath: undefined,
  };
  const quiet = { ...logger, info: () => undefined, debug: () => undefined };
  const running = runVirtController(
    options,
    { client, leaseClient: client, logger: quiet, metrics: new Metrics() },
    abort.signal,
  );
  return {
    stop: async () => {
      abort.abort();
      await running;
      await client.close();
    },
  };
}
