import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { controlPlaneBinaries } from '@quickvirt/cluster';
import { endProcess, launchProcess, type LaunchedProcess } from './host-process.ts';
import { startKubeApiserver, type KubeApiserver, type KubeApiserverOptions } from './kube-apiserver.ts';

/** A real kube-apiserver with the real controller manager and scheduler, and no node. */
export interface ControlPlane {
  apiserver: KubeApiserver;
  /** Process ids by name. */
  processIds: Record<string, number>;
  /** Applies objects as the administrator. */
  apply(objects: readonly object[]): Promise<void>;
  /** Starts one more program as the administrator; it ends with the control plane. */
  start: (name: string, program: string, args: readonly string[]) => LaunchedProcess;
  stop: () => Promise<void>;
}

/**
 * Starts etcd, kube-apiserver, controller manager and scheduler with as many queries a second as kubeadm's clusters are
 * given in benchmarks; builds the programs first where they are not cached.
 * @throws Error with the end of the log of the process that did not start
 */
export async function startControlPlane(options: KubeApiserverOptions = {}): Promise<ControlPlane> {
  const programs = await controlPlaneBinaries();
  const apiserver = await startKubeApiserver(options);
  const folder = mkdtempSync(join(tmpdir(), 'quickvirt-control-plane-'));
  const processes: Record<string, LaunchedProcess> = {};
  const start: ControlPlane['start'] = (name, program, args) => {
    const login = `--kubeconfig=${apiserver.kubeconfigPath}`;
    return (processes[name] = launchProcess(program, join(folder, `${name}.log`), [login, ...args]));
  };
  const common = ['--leader-elect=false', '--kube-api-qps=200', '--kube-api-burst=400', '--secure-port=0'];
  const signingKey = `--service-account-private-key-file=${apiserver.serviceAccountKeyPath}`;
  start('kcm', programs.kubeControllerManager, [...common, signingKey]);
  start('scheduler', programs.kubeScheduler, common);
  return {
    apiserver,
    get processIds() {
      const started = Object.entries(processes).map(([name, { child }]) => [name, child.pid ?? 0] as const);
      return { ...apiserver.processIds, ...Object.fromEntries(started) };
    },
    apply: async (objects) => {
      const file = join(folder, 'apply.json');
      writeFileSync(file, JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects }));
      await apiserver.kubectl('apply', '--server-side', '--force-conflicts', '-f', file);
    },
    start,
    stop: async () => {
      await Promise.all(Object.values(processes).map(({ child }) => endProcess(child)));
      await apiserver.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
