import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pretendedNodesBinaries } from '@quickvirt/cluster';
import {
  endProcess,
  settle,
  launchProcess,
  startKubeApiserver,
  type KubeApiserver,
  type LaunchedProcess,
} from '@quickvirt/testing';
import { pretendedNode } from './pretended-nodes.ts';

/** A whole control plane whose nodes are pretended by KWOK. */
export interface PretendedCluster {
  apiserver: KubeApiserver;
  /** One JSON event a line, as the neutral harness reads it. */
  auditLogPath: string;
  /** Process ids by name. */
  processIds: Record<string, number>;
  /** Applies objects as the administrator. */
  apply(objects: readonly object[]): Promise<void>;
  /** Starts KWOK's pretence; kept through all runs, because a restarted one owns no node for 40 s. */
  startKwok(): Promise<void>;
  stop(): Promise<void>;
}

/** The policy that the neutral harness asks for: no watches, no leases, one line a request. */
const AUDIT_POLICY = {
  apiVersion: 'audit.k8s.io/v1',
  kind: 'Policy',
  omitStages: ['RequestReceived', 'ResponseStarted'],
  rules: [
    { level: 'None', verbs: ['watch'] },
    { level: 'None', resources: [{ group: 'coordination.k8s.io', resources: ['leases'] }] },
    { level: 'Metadata' },
  ],
};

const STAGES = new URL('kwok-stages.yaml', import.meta.url).pathname;

/**
 * Starts etcd, kube-apiserver, controller manager and scheduler with as many queries a second as the baseline's had, and
 * makes the nodes; builds the programs first where they are not cached.
 * @param nodeCount pretended nodes, 500 pods each; 0 for a control plane that other nodes join
 * @throws Error with the end of the log of the process that did not start
 */
export async function startPretendedCluster(nodeCount: number): Promise<PretendedCluster> {
  const programs = await pretendedNodesBinaries();
  const folder = mkdtempSync(join(tmpdir(), 'quickvirt-pretended-cluster-'));
  const policyPath = join(folder, 'audit-policy.json');
  const auditLogPath = join(folder, 'audit.log');
  writeFileSync(policyPath, JSON.stringify(AUDIT_POLICY));
  const apiserver = await startKubeApiserver({
    flags: [`--audit-policy-file=${policyPath}`, `--audit-log-path=${auditLogPath}`, '--audit-log-mode=batch'],
  });
  const processes: Record<string, LaunchedProcess> = {};
  const start = (name: string, program: string, args: string[]): void => {
    const launched = launchProcess(program, join(folder, `${name}.log`), [
      `--kubeconfig=${apiserver.kubeconfigPath}`,
      ...args,
    ]);
    processes[name] = launched;
  };
  start('kcm', programs.kubeControllerManager, [
    '--leader-elect=false',
    '--kube-api-qps=200',
    '--kube-api-burst=400',
    `--service-account-private-key-file=${apiserver.serviceAccountKeyPath}`,
    '--secure-port=0',
  ]);
  start('scheduler', programs.kubeScheduler, [
    '--leader-elect=false',
    '--kube-api-qps=200',
    '--kube-api-burst=400',
    '--secure-port=0',
  ]);
  const apply = async (objects: readonly object[]): Promise<void> => {
    const file = join(folder, 'apply.json');
    writeFileSync(file, JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects }));
    await apiserver.kubectl('apply', '--server-side', '--force-conflicts', '-f', file);
  };
  if (nodeCount > 0) await apply(Array.from({ length: nodeCount }, (_, index) => pretendedNode(index)));
  return {
    apiserver,
    auditLogPath,
    get processIds() {
      const started = Object.entries(processes).map(([name, { child }]) => [name, child.pid ?? 0] as const);
      return { ...apiserver.processIds, ...Object.fromEntries(started) };
    },
    apply,
    startKwok: async () => {
      const stages = [...programs.kwokStages, STAGES].map((path) => `--config=${path}`);
      start('kwok', programs.kwok, ['--manage-all-nodes', '--node-lease-duration-seconds=40', ...stages]);
      await settle(
        async () => {
          const ready = await apiserver.kubectl('get', 'nodes', '--no-headers');
          const notReady = ready.split('\n').filter((line) => line && !/ Ready /.test(line));
          if (notReady.length > 0)
            throw new Error(`${notReady.length} nodes are not ready:\n${logEnd(processes['kwok'])}`);
        },
        { timeoutMs: 60_000, intervalMs: 250 },
      );
    },
    stop: async () => {
      await Promise.all(Object.values(processes).map(({ child }) => endProcess(child)));
      await apiserver.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

const logEnd = (launched: LaunchedProcess | undefined): string =>
  launched ? readFileSync(launched.logPath, 'utf8').split('\n').slice(-5).join('\n') : '';
