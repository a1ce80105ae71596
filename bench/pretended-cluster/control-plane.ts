import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pretendedNodesBinaries, type PretendedNodesBinaries } from '@quickvirt/cluster';
import { lastLines, settle, startControlPlane, type ControlPlane } from '@quickvirt/testing';
import { pretendedNode } from './pretended-nodes.ts';

/** A whole control plane whose nodes are pretended by KWOK. */
export interface PretendedCluster extends ControlPlane {
  /** One JSON event a line, as the neutral harness reads it. */
  auditLogPath: string;
  /** Starts KWOK's pretence; kept through all runs, because a restarted one owns no node for 40 s. */
  startKwok(): Promise<void>;
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
 * Starts a control plane with as many queries a second as the baseline's had, and makes the nodes.
 * @param nodeCount pretended nodes, 500 pods each
 * @throws Error with the end of the log of the process that did not start
 */
export async function startPretendedCluster(nodeCount: number): Promise<PretendedCluster> {
  const programs = await pretendedNodesBinaries();
  const folder = mkdtempSync(join(tmpdir(), 'quickvirt-pretended-cluster-'));
  const policyPath = join(folder, 'audit-policy.json');
  const auditLogPath = join(folder, 'audit.log');
  writeFileSync(policyPath, JSON.stringify(AUDIT_POLICY));
  const controlPlane = await startControlPlane({
    flags: [
      `--audit-policy-file=${policyPath}`,
      `--audit-log-path=${auditLogPath}`,
      '--audit-log-mode=batch',
      // In MiB. 8,000 machines write more than the 100 at which a log of its own accord begins a new file.
      '--audit-log-maxsize=100000',
    ],
  });
  if (nodeCount > 0) await controlPlane.apply(Array.from({ length: nodeCount }, (_, index) => pretendedNode(index)));
  const stopControlPlane = controlPlane.stop;
  return Object.assign(controlPlane, {
    auditLogPath,
    startKwok: () => startKwok(controlPlane, programs),
    stop: async () => {
      await stopControlPlane();
      rmSync(folder, { recursive: true, force: true });
    },
  });
}

async function startKwok({ apiserver, start }: ControlPlane, programs: PretendedNodesBinaries): Promise<void> {
  const stages = [...programs.kwokStages, STAGES].map((path) => `--config=${path}`);
  const kwok = start('kwok', programs.kwok, ['--manage-all-nodes', '--node-lease-duration-seconds=40', ...stages]);
  await settle(
    async () => {
      const ready = await apiserver.kubectl('get', 'nodes', '--no-headers');
      const notReady = ready.split('\n').filter((line) => line && !/ Ready /.test(line));
      if (notReady.length > 0) throw new Error(`${notReady.length} nodes are not ready:\n${lastLines(kwok.logPath)}`);
    },
    { timeoutMs: 60_000, intervalMs: 250 },
  );
}
