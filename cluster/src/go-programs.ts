import { existsSync, readFileSync, renameSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { withBuildLock } from './build-lock.ts';
import { cacheFolder, contentHash, Stamp } from './cache.ts';
import { command } from './command.ts';

const goFolder = fileURLToPath(new URL('../go', import.meta.url));

/** A Go module of ours whose `tool` lines, or own main package, are programs of the cluster. */
export type Family =
  'kubernetes' | 'etcd' | 'containerd' | 'coredns' | 'kind' | 'helm' | 'pause' | 'cni-agent' | 'kwok';

/** How long a family takes to build from nothing on two cores; measured. */
const estimates: Readonly<Record<Family, string>> = {
  kubernetes: 'about 8 min',
  etcd: 'about 1 min',
  containerd: 'about 1 min',
  coredns: 'about 3 min',
  kind: 'about 20 s',
  helm: 'about 1 min',
  pause: 'seconds',
  'cni-agent': 'seconds',
  kwok: 'about 2 min',
};

/** Where the programs are kept. */
function programsFolder(): string {
  return cacheFolder('bin');
}

/** The packages of a go.mod's `tool` lines; `.` where there are none. Pure. */
export function toolPackages(goMod: string): string[] {
  const block = /^tool \(\n([\s\S]*?)^\)/m
    .exec(goMod)?.[1]
    ?.split('\n')
    .map((line) => line.trim())
    .filter(Boolean);
  const single = [...goMod.matchAll(/^tool ([^(\s]+)$/gm)].map((match) => match[1] ?? '');
  const packages = [...(block ?? []), ...single];
  return packages.length > 0 ? packages : ['.'];
}

/** The file name of a package's program: its last word that is not a version. Pure. */
export function programName(goPackage: string, family: Family): string {
  if (goPackage === '.') return family;
  if (goPackage.endsWith('/server/v3')) return 'etcd';
  return basename(goPackage);
}

/**
 * Linker flags. Kubernetes programs report a placeholder unless their version is set, and version checks break then.
 * Source: k8s.io/component-base/version. Pure.
 */
export function linkerFlags(kubernetesVersion: string | undefined): string {
  if (!kubernetesVersion) return '-s -w';
  const [major, minor] = kubernetesVersion.slice(1).split('.');
  const variables = (path: string): string =>
    [
      `gitVersion=${kubernetesVersion}`,
      `gitMajor=${major}`,
      `gitMinor=${minor}`,
      'gitTreeState=clean',
      `gitCommit=${'0'.repeat(40)}`,
      'buildDate=1970-01-01T00:00:00Z',
    ]
      .map((variable) => ` -X ${path}.${variable}`)
      .join('');
  return `-s -w${variables('k8s.io/component-base/version')}${variables('k8s.io/client-go/pkg/version')}`;
}

/** Builds the programs of a family that are not there or older than their inputs, and returns their paths by name. */
export async function buildFamily(family: Family): Promise<Record<string, string>> {
  const folder = join(goFolder, family);
  const goMod = readFileSync(join(folder, 'go.mod'), 'utf8');
  const bin = programsFolder();
  const programs = toolPackages(goMod).map((goPackage) => ({ goPackage, name: programName(goPackage, family) }));
  const paths = Object.fromEntries(programs.map(({ name }) => [name, join(bin, name)]));
  const env = { ...process.env, CGO_ENABLED: '0', GOFLAGS: '-buildvcs=false -trimpath -mod=readonly' };
  const goVersion = (await command(['go', 'version'])).trim();
  const version = /^\s*(?:require )?k8s\.io\/kubernetes (v[0-9.]+)/m.exec(goMod)?.[1];
  const flags = linkerFlags(version);
  const hash = contentHash([goVersion, flags], [folder]);
  const stamp = new Stamp(join(bin, `.${family}`));
  const fresh = (): boolean => stamp.matches(hash) && Object.values(paths).every((path) => existsSync(path));
  if (fresh()) return paths;
  await withBuildLock(`go-${family}`, async () => {
    if (fresh()) return; // another process has just built it
    // Not on standard output: that belongs to what the caller prints.
    console.error(`  building ${family} from its Go modules (${estimates[family]} from nothing)`);
    for (const { goPackage, name } of programs) {
      const began = Date.now();
      await command(['nice', 'go', 'build', '-ldflags', flags, '-o', join(bin, `.${name}.new`), goPackage], {
        cwd: folder,
        env,
      });
      renameSync(join(bin, `.${name}.new`), join(bin, name));
      console.error(`  ${name}: ${((Date.now() - began) / 1000).toFixed(0)} s`);
    }
    stamp.write(hash);
  });
  return paths;
}

/** Paths of the programs that a control plane without nodes, and a client of it, need. */
export interface ControlPlaneBinaries {
  etcd: string;
  kubeApiserver: string;
  kubeControllerManager: string;
  kubeScheduler: string;
  kubectl: string;
  helm: string;
}

/** Builds what is not cached, which takes minutes from nothing; else answers at once. */
export async function controlPlaneBinaries(): Promise<ControlPlaneBinaries> {
  const etcd = await buildFamily('etcd');
  const kubernetes = await buildFamily('kubernetes');
  const helm = await buildFamily('helm');
  return {
    etcd: etcd.etcd ?? '',
    kubeApiserver: kubernetes['kube-apiserver'] ?? '',
    kubeControllerManager: kubernetes['kube-controller-manager'] ?? '',
    kubeScheduler: kubernetes['kube-scheduler'] ?? '',
    kubectl: kubernetes.kubectl ?? '',
    helm: helm.helm ?? '',
  };
}

/** Paths of the programs that a cluster of pretended nodes needs beside a control plane. */
export interface PretendedNodesBinaries {
  kwok: string;
  /** KWOK's own stages for nodes and pods, as files. */
  kwokStages: string[];
}

/** Which of KWOK's stages: those its authors call fast, and the heartbeat by Lease. */
const KWOK_STAGES = [
  'node/fast/node-initialize',
  'node/heartbeat-with-lease/node-heartbeat-with-lease',
  'pod/fast/pod-ready',
  'pod/fast/pod-complete',
];

/** Builds what is not cached, which takes minutes from nothing; else answers at once. */
export async function pretendedNodesBinaries(): Promise<PretendedNodesBinaries> {
  const kwok = await buildFamily('kwok');
  const cwd = join(goFolder, 'kwok');
  await command(['go', 'mod', 'download', 'sigs.k8s.io/kwok'], { cwd });
  const source = (await command(['go', 'list', '-m', '-f', '{{.Dir}}', 'sigs.k8s.io/kwok'], { cwd })).trim();
  return {
    kwok: kwok.kwok ?? '',
    kwokStages: KWOK_STAGES.map((name) => join(source, 'kustomize', 'stage', `${name}.yaml`)),
  };
}
