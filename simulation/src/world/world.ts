import {
  kubevirts,
  virtualMachineInstances,
  virtualMachines,
  type KubeVirt,
  type VirtualMachineInstance,
} from '@quickvirt/api';
import {
  keyOf,
  leases,
  nodes,
  pods,
  type KubeObject,
  type ObjectName,
  type ResourceType,
  type WatchOptions,
} from '@quickvirt/kube';
import { MemoryApi, type Change } from '../../../packages/kube/src/testing/memory-api/memory-api.ts';
import type { Process } from '../processes/process.ts';
import { Random } from '../random.ts';
import { Agenda } from './agenda.ts';
import { WatchStream, type WatchEnd } from './api-client.ts';
import { ClusterAgents } from './cluster-agents.ts';
import { RULES } from './kind-rules.ts';
import type { Launcher } from './launcher.ts';
import { Network, type RequestFate } from './network.ts';
import { NodeMachine } from './node-machine.ts';

/** Namespace of the release. */
export const NAMESPACE = 'quickvirt';
/** When the world begins. */
const BEGINNING_MS = Date.parse('2026-01-01T00:00:00Z');
/** Kinds whose requests take time and can fail; others are read at once: nothing here depends on when they are seen. */
const CONTESTED: readonly string[] = ['virtualmachines', 'virtualmachineinstances', 'pods', 'nodes', 'leases'];

/** How a guest came to its end. */
export type DomainEnd = 'ShutDown' | 'GuestPoweredOff' | 'GuestPanicked' | 'GracePeriodOver' | 'Destroyed' | 'Killed';

/** What others see of what happens, beside the API server. */
export interface WorldObserver {
  domainStarted(launcher: Launcher, vmi: VirtualMachineInstance): void;
  domainEnded(launcher: Launcher, how: DomainEnd): void;
  written(change: Change): void;
}

/** Decides what becomes of requests. */
export interface FaultSource {
  fateOf(label: string): RequestFate;
  syncFate(): 'served' | 'refused' | 'unanswered';
}

export interface WorldOptions {
  seed: number;
  nodes: readonly string[];
  faults: FaultSource;
  /** Called with each line of the trace; left out, nothing is written down. */
  trace?: ((line: string) => void) | undefined;
}

/** All there is: API server, network, nodes, time. */
export class World {
  readonly random: Random;
  readonly agenda: Agenda;
  readonly api: MemoryApi;
  readonly network: Network;
  readonly agents: ClusterAgents;
  /** The API server serves a request that hung for long. */
  servesLate = false;
  readonly trace: ((line: () => string) => void) | undefined;
  readonly observers: WorldObserver[] = [];
  readonly #faults: FaultSource;
  readonly #nodes = new Map<string, NodeMachine>();
  readonly #streams = new Set<WatchStream>();
  readonly #stalled = new Set<Process>();
  readonly #lags: { process: Process; plural: string; untilMs: number }[] = [];
  #uids = 0;

  constructor(options: WorldOptions) {
    const { seed, faults, trace } = options;
    this.random = new Random(seed);
    this.agenda = new Agenda(this.random);
    this.trace = trace && ((line) => trace(`${(this.agenda.nowMs / 1000).toFixed(3).padStart(9)} ${line()}`));
    this.#faults = faults;
    this.network = new Network(this);
    this.api = new MemoryApi({
      now: () => new Date(this.wallMs()),
      newUid: () => `00000000-0000-4000-8000-${String(++this.#uids).padStart(12, '0')}`,
      rules: RULES,
    });
    this.api.subscribe((change) => this.#written(change));
    this.agents = new ClusterAgents(this);
    for (const name of options.nodes) this.#nodes.set(name, new NodeMachine(this, name));
    this.api.create<KubeVirt>(kubevirts, {
      metadata: { name: 'kubevirt', namespace: NAMESPACE },
      spec: { configuration: { developerConfiguration: { useEmulation: true } } },
    });
  }

  /** True time, in milliseconds since 1970. */
  wallMs(): number {
    return BEGINNING_MS + this.agenda.nowMs;
  }

  get nodes(): readonly NodeMachine[] {
    return [...this.#nodes.values()];
  }

  /** @throws Error when there is no such node. */
  node(name: string): NodeMachine {
    const node = this.#nodes.get(name);
    if (!node) throw new Error(`there is no node ${name}`);
    return node;
  }

  /** Where the scheduler would put a pod now. */
  nodeForPod(): string | undefined {
    const up = this.api.list(nodes).filter(({ spec, status }) => {
      const ready = status?.conditions?.find(({ type }) => type === 'Ready');
      return ready?.status === 'True' && !spec?.taints?.length;
    });
    return up.length > 0 ? this.random.pick(up).metadata.name : undefined;
  }

  /** Who holds a Lease. */
  holderOf(lease: ObjectName): string | undefined {
    return this.api.find(leases, lease)?.spec?.holderIdentity;
  }

  /** Whether an object of this uid is stored. */
  lives(uid: string): boolean {
    const owners: readonly ResourceType[] = [virtualMachines, virtualMachineInstances, pods];
    return owners.some((type) => this.api.list(type).some(({ metadata }) => metadata.uid === uid));
  }

  /** The guests that run, wherever they are and whoever knows. */
  runningDomains(): Launcher[] {
    return this.nodes.flatMap(({ launchers }) => launchers.filter(({ hasDomain }) => hasDomain));
  }

  fateOf(sender: Process, label: string): RequestFate {
    if (this.isCutOff(sender)) return 'lost';
    const fate = this.#faults.fateOf(label);
    if (fate !== 'served') this.trace?.(() => `  FAULT request ${fate}`);
    return fate;
  }

  syncFate(): 'served' | 'refused' | 'unanswered' {
    return this.#faults.syncFate();
  }

  /** Whether requests for a kind take time and can fail. */
  isContested({ plural }: ResourceType): boolean {
    return CONTESTED.includes(plural);
  }

  openWatch(process: Process, type: ResourceType, options: WatchOptions): WatchStream {
    const stream = new WatchStream(this, process, type, options);
    this.#streams.add(stream);
    process.onEnd(() => this.closeWatch(stream));
    return stream;
  }

  closeWatch(stream: WatchStream): void {
    this.#streams.delete(stream);
  }

  /** Ends some of the watches that are open. */
  endWatches(how: WatchEnd, which: (stream: WatchStream) => boolean = () => true): void {
    for (const stream of this.#streams) if (which(stream)) stream.end(how);
  }

  /** Each watch tells its last event once more. */
  repeatEvents(): void {
    for (const stream of this.#streams) stream.repeat();
  }

  /** Cuts a process off the API server: its requests are lost, its watches hear nothing. */
  stall(process: Process): void {
    this.#stalled.add(process);
  }

  unstall(process: Process): void {
    if (this.#stalled.delete(process)) this.#resume((stream) => stream.process === process);
  }

  /** Events of a kind reach a process late, for a time. */
  lagWatches(process: Process, plural: string, forMs: number): void {
    this.#lags.push({ process, plural, untilMs: this.agenda.nowMs + forMs });
  }

  endLag(): void {
    this.#lags.length = 0;
  }

  /** How much later than usual a process hears of a kind. */
  lagMs(process: Process, { plural }: ResourceType): number {
    const now = this.agenda.nowMs;
    const lag = this.#lags.find((one) => one.process === process && one.plural === plural && one.untilMs > now);
    return lag ? this.random.below(Math.min(2_000, lag.untilMs - now)) : 0;
  }

  /** Whether nothing of the API server reaches a process. */
  isCutOff(process: Process): boolean {
    if (process.nodeName !== undefined && !this.node(process.nodeName).isConnected) return true;
    return this.#stalled.has(process);
  }

  /** The network to a node fails: its guests go on, and nobody hears of them. */
  disconnectNode(name: string): void {
    this.node(name).disconnect();
    this.agents.nodeWentSilent(name);
  }

  /** The power fails: all on it is gone. */
  powerOffNode(name: string): void {
    this.node(name).powerOff();
    this.agents.nodeWentSilent(name);
  }

  connectNode(name: string): void {
    this.node(name).connect();
    this.#resume((stream) => stream.process.nodeName === name);
  }

  /** A connection that hung goes on, or turns out to be broken. */
  #resume(which: (stream: WatchStream) => boolean): void {
    for (const stream of this.#streams) {
      if (!which(stream)) continue;
      if (this.random.chance(0.5)) stream.end('cut');
      else stream.wake();
    }
  }

  domainStarted(launcher: Launcher, vmi: VirtualMachineInstance): void {
    this.trace?.(() => `  DOMAIN starts in ${launcher.podKey}`);
    for (const observer of this.observers) observer.domainStarted(launcher, vmi);
  }

  domainEnded(launcher: Launcher, how: DomainEnd): void {
    this.trace?.(() => `  DOMAIN ends in ${launcher.podKey}: ${how}`);
    for (const observer of this.observers) observer.domainEnded(launcher, how);
  }

  #written(change: Change): void {
    this.trace?.(() => `  WRITTEN ${describe(change)}`);
    for (const observer of this.observers) observer.written(change);
    for (const stream of this.#streams) if (stream.type.plural === change.type.plural) stream.wake();
  }
}

function describe({ type, before, object, removed, version }: Change): string {
  const { status, spec } = object as KubeObject & {
    status?: { phase?: string; printableStatus?: string };
    spec?: { runStrategy?: string };
  };
  const verb = removed ? 'removed' : before ? 'changed' : 'made';
  const { finalizers = [], deletionTimestamp, uid = '' } = object.metadata;
  const facts = [
    status?.phase ?? status?.printableStatus,
    spec?.runStrategy,
    deletionTimestamp && 'deleting',
    finalizers.length > 0 && `held by ${finalizers.length}`,
  ].filter(Boolean);
  return `${version} ${type.kind} ${keyOf(object)} (uid ${Number(uid.slice(-12))}) ${verb}: ${facts.join(', ')}`;
}
