import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

/** How a command ended. */
export interface CommandResult {
  exitCode: number;
  stdout: string;
  stderr: string;
}

/** Runs `command` to its end, or for `timeoutMs`; then it is killed and the exit code is 124. */
export async function run(
  command: string,
  args: string[],
  options: { input?: string; timeoutMs?: number; env?: NodeJS.ProcessEnv } = {},
): Promise<CommandResult> {
  const child = spawn(command, args, { env: options.env ?? process.env, stdio: ['pipe', 'pipe', 'pipe'] });
  let stdout = '';
  let stderr = '';
  let timedOut = false;
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  child.stdin.on('error', () => undefined); // the command may not read its input
  child.stdin.end(options.input ?? '');
  const timer = setTimeout(() => {
    timedOut = true;
    child.kill('SIGKILL');
  }, options.timeoutMs ?? 60_000);
  const exitCode = await new Promise<number>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve(timedOut ? 124 : (code ?? 1)));
  });
  clearTimeout(timer);
  return { exitCode, stdout, stderr };
}

/** kubectl of one cluster and namespace. */
export class Kubectl {
  readonly program: string;
  readonly namespace: string | undefined;

  constructor(program: string, namespace?: string) {
    this.program = program;
    this.namespace = namespace;
  }

  /** The same for another namespace. */
  in(namespace: string): Kubectl {
    return new Kubectl(this.program, namespace);
  }

  private args(args: string[]): string[] {
    return this.namespace ? ['--namespace', this.namespace, ...args] : args;
  }

  /** Runs kubectl whatever comes out of it. */
  try(args: string[], options: { input?: string; timeoutMs?: number } = {}): Promise<CommandResult> {
    return run(this.program, this.args(args), options);
  }

  /** Runs kubectl and returns what it prints. @throws with its own words when it fails. */
  async run(args: string[], options: { input?: string; timeoutMs?: number } = {}): Promise<string> {
    const result = await this.try(args, options);
    if (result.exitCode !== 0) {
      throw new Error(
        `kubectl ${args.join(' ')} ended with ${result.exitCode}: ${result.stderr.trim() || result.stdout.trim()}`,
      );
    }
    return result.stdout;
  }

  /**
   * Waits until an object, or a selection of them, satisfies `done`: a list, then a watch from where the list ended, so
   * nothing is missed and nothing polled.
   * @param done gets the objects as they are now, by name.
   * @throws with `describe()` when `timeoutMs` passes first.
   */
  async watchUntil(
    kind: string,
    target: { name?: string; selector?: string },
    done: (objects: Map<string, KubernetesObject>) => boolean,
    options: { timeoutMs: number; describe: () => string },
  ): Promise<void> {
    const deadline = Date.now() + options.timeoutMs;
    const path = collectionPath(kind, this.namespace);
    const query = new URLSearchParams();
    if (target.name) query.set('fieldSelector', `metadata.name=${target.name}`);
    if (target.selector) query.set('labelSelector', target.selector);
    while (Date.now() < deadline) {
      const list = JSON.parse(await this.run(['get', '--raw', `${path}?${query.toString()}`])) as {
        metadata: { resourceVersion: string };
        items: KubernetesObject[];
      };
      const objects = new Map(list.items.map((item) => [item.metadata.name, item]));
      if (done(objects)) return;
      const watch = new URLSearchParams(query);
      watch.set('watch', '1');
      watch.set('resourceVersion', list.metadata.resourceVersion);
      if (await this.follow(`${path}?${watch.toString()}`, objects, done, deadline)) return;
    }
    throw new Error(`after ${options.timeoutMs / 1000} s: ${options.describe()}`);
  }

  /** Follows one watch; false when the server ended it or time is up. */
  private follow(
    path: string,
    objects: Map<string, KubernetesObject>,
    done: (objects: Map<string, KubernetesObject>) => boolean,
    deadline: number,
  ): Promise<boolean> {
    const child = spawn(this.program, ['get', '--raw', path], { stdio: ['ignore', 'pipe', 'ignore'] });
    return new Promise<boolean>((resolve, reject) => {
      const timer = setTimeout(() => finish(false), Math.max(0, deadline - Date.now()));
      const finish = (result: boolean): void => {
        clearTimeout(timer);
        child.kill();
        resolve(result);
      };
      child.once('error', reject);
      const lines = createInterface({ input: child.stdout });
      lines.once('close', () => finish(false));
      lines.on('line', (line) => {
        const event = JSON.parse(line) as { type: string; object: KubernetesObject };
        if (event.type === 'ERROR') return finish(false); // too old a version: list again
        if (event.type === 'DELETED') objects.delete(event.object.metadata.name);
        else objects.set(event.object.metadata.name, event.object);
        if (done(objects)) finish(true);
      });
    });
  }
}

/** As much of an object as the runner looks at. */
export interface KubernetesObject {
  kind: string;
  metadata: { name: string; uid: string; namespace?: string };
  [field: string]: unknown;
}

const collections: Record<string, string> = {
  VirtualMachine: 'apis/kubevirt.io/v1 virtualmachines',
  VirtualMachineInstance: 'apis/kubevirt.io/v1 virtualmachineinstances',
  KubeVirt: 'apis/kubevirt.io/v1 kubevirts',
  Pod: 'api/v1 pods',
  Event: 'api/v1 events',
  Secret: 'api/v1 secrets',
  ConfigMap: 'api/v1 configmaps',
  DaemonSet: 'apis/apps/v1 daemonsets',
  Deployment: 'apis/apps/v1 deployments',
  Lease: 'apis/coordination.k8s.io/v1 leases',
  ResourceClaim: 'apis/resource.k8s.io/v1 resourceclaims',
};

/** Kinds of the whole cluster. */
const clusterCollections: Record<string, string> = {
  Node: 'api/v1 nodes',
  APIService: 'apis/apiregistration.k8s.io/v1 apiservices',
  ResourceSlice: 'apis/resource.k8s.io/v1 resourceslices',
};

/** The path of a kind's collection in a namespace. @throws Error for a kind that the runner does not know. */
export function collectionPath(kind: string, namespace = 'default'): string {
  const ofCluster = clusterCollections[kind];
  if (ofCluster) return `/${ofCluster.replace(' ', '/')}`;
  const [prefix, plural] = collections[kind]?.split(' ') ?? [];
  if (!prefix || !plural)
    throw new Error(
      `kind ${kind} is not known to the runner; it knows ${[...Object.keys(collections), ...Object.keys(clusterCollections)].join(', ')}`,
    );
  return `/${prefix}/namespaces/${namespace}/${plural}`;
}
