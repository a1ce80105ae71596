import { isNotFound, keyOf, nameOfKey, nodes, pods, timestamp, type Node, type Pod } from '@quickvirt/kube';
import { COMPUTE_CONTAINER } from '@quickvirt/launcher-pod';
import type { Owner } from './agenda.ts';
import { Launcher } from './launcher.ts';
import type { World } from './world.ts';

/** A node: its kubelet, and the launchers whose containers run there. The kubelet's writes go through unless it is cut off. */
export class NodeMachine implements Owner {
  readonly name: string;
  readonly #world: World;
  readonly #launchers = new Map<string, Launcher>();
  readonly #queued = new Set<string>();
  #powered = true;
  #connected = true;
  #boots = 1;

  constructor(world: World, name: string) {
    this.#world = world;
    this.name = name;
    world.api.subscribe(({ type, object }) => {
      if (type.kind === 'Pod' && (object as Pod).spec?.nodeName === name) this.#look(keyOf(object));
    });
    this.#register();
  }

  get isPowered(): boolean {
    return this.#powered;
  }

  /** Whether its kubelet and virt-handler reach the API server. */
  get isConnected(): boolean {
    return this.#connected && this.#powered;
  }

  /** All that ever ran here and was not cleared away. */
  get launchers(): readonly Launcher[] {
    return [...this.#launchers.values()];
  }

  launcherOf(podUid: string): Launcher | undefined {
    return this.#launchers.get(podUid);
  }

  /** Resolves once no container of the pod runs here; what asks hears of it in its own time. */
  async podEnd(podUid: string, signal: AbortSignal): Promise<void> {
    await this.launcherOf(podUid)?.ended(signal);
  }

  /** Uids of the pods whose launcher listens. */
  listeningPods(): string[] {
    return this.launchers.filter(({ isListening }) => isListening).map(({ podUid }) => podUid);
  }

  /** The network fails: launchers go on, and nobody hears of them. */
  disconnect(): void {
    this.#connected = false;
  }

  connect(): void {
    if (this.#connected) return;
    this.#connected = true;
    if (this.#powered) this.#return();
  }

  /** The power fails: everything on it ends at once. */
  powerOff(): void {
    this.#powered = false;
    for (const launcher of this.#launchers.values()) launcher.kill();
  }

  powerOn(): void {
    if (this.#powered) return;
    this.#powered = true;
    this.#boots++;
    if (this.#connected) this.#return();
  }

  /** The kubelet is back: it says that the node is ready, and looks at what it has. */
  #return(): void {
    this.#register();
    this.#lookAtAll();
  }

  #register(): void {
    const { api } = this.#world;
    const ref = { name: this.name };
    if (!api.find(nodes, ref)) api.create<Node>(nodes, { metadata: ref, spec: {} });
    const status = { conditions: [ready('True')], nodeInfo: { bootID: `boot-${this.#boots}` } };
    api.patch(nodes, ref, { status }, { kind: 'strategic', subresource: 'status' });
  }

  #lookAtAll(): void {
    const keys = this.#world.api.list(pods, { fieldSelector: `spec.nodeName=${this.name}` }).map(keyOf);
    for (const key of new Set([...keys, ...this.launchers.map(({ podKey }) => podKey)])) this.#look(key);
  }

  #look(key: string): void {
    if (!this.isConnected || this.#queued.has(key)) return;
    this.#queued.add(key);
    this.#world.agenda.add(this, `kubelet of ${this.name} looks at ${key}`, () => {
      this.#queued.delete(key);
      if (this.isConnected) this.#sync(key);
    });
  }

  #sync(key: string): void {
    const pod = this.#world.api.find(pods, nameOfKey(key));
    for (const launcher of this.launchers) {
      if (launcher.podKey === key && launcher.podUid !== pod?.metadata.uid) this.#clear(launcher);
    }
    if (!pod || pod.spec?.nodeName !== this.name) return;
    const { uid = '', deletionTimestamp, deletionGracePeriodSeconds = 30 } = pod.metadata;
    const launcher = this.#launchers.get(uid);
    const isOver = pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed';
    if (!launcher) {
      if (deletionTimestamp) return this.#remove(pod);
      if (isOver) return;
      // A kubelet that finds the containers of a running pod gone, after a reboot, says that they failed.
      if (pod.status?.phase === 'Running') return this.#report(pod, terminated(255, ''));
      return this.#start(pod);
    }
    if (launcher.isRunning) {
      if (deletionTimestamp) this.#end(launcher, deletionGracePeriodSeconds);
      return;
    }
    if (!isOver) return this.#report(pod, terminated(launcher.exit?.exitCode ?? 255, launcher.exit?.message ?? ''));
    if (deletionTimestamp) this.#remove(pod);
  }

  /**
   * A pod that is gone from the API server, or was made again under its name: its containers end, and have the time for it
   * that the pod's specification says, whatever grace period it was removed with.
   */
  #clear(launcher: Launcher): void {
    if (launcher.isRunning) this.#end(launcher, launcher.podGraceSeconds);
    else this.#launchers.delete(launcher.podUid);
  }

  #start(pod: Pod): void {
    const { uid = '', ownerReferences = [] } = pod.metadata;
    const vmiUid = ownerReferences[0]?.uid ?? '';
    const key = keyOf(pod);
    const graceSeconds = pod.spec?.terminationGracePeriodSeconds ?? 30;
    this.#launchers.set(uid, new Launcher(this.#world, { uid, key, vmiUid, graceSeconds }, () => this.#look(key)));
    this.#write(pod, {
      phase: 'Running',
      qosClass: 'Burstable',
      conditions: [ready('True')],
      containerStatuses: [containerStatus({ running: { startedAt: this.#now() } }, true)],
    });
  }

  #end(launcher: Launcher, graceSeconds: number): void {
    if (launcher.stopRequested) return;
    launcher.terminate(Math.max(1, graceSeconds - 15) * 1000);
    this.#world.agenda.after(launcher, `kubelet kills ${launcher.name}`, graceSeconds * 1000, () => launcher.kill());
  }

  #report(pod: Pod, state: { terminated: { exitCode: number; message: string; reason: string } }): void {
    const failed = state.terminated.exitCode !== 0;
    this.#write(pod, {
      phase: failed ? 'Failed' : 'Succeeded',
      conditions: [ready('False')],
      containerStatuses: [containerStatus(state, false)],
    });
    this.#look(keyOf(pod));
  }

  #remove(pod: Pod): void {
    const { uid = '', name = '', namespace } = pod.metadata;
    this.#launchers.delete(uid);
    this.#world.api.delete(pods, { name, namespace }, { uid, gracePeriodSeconds: 0 });
  }

  #write(pod: Pod, status: object): void {
    const { uid, name = '', namespace } = pod.metadata;
    try {
      const patch = { metadata: { uid }, status };
      this.#world.api.patch(pods, { name, namespace }, patch, { kind: 'strategic', subresource: 'status' });
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  }

  #now(): string {
    return timestamp(new Date(this.#world.wallMs()));
  }
}

function ready(status: 'True' | 'False') {
  return { type: 'Ready', status };
}

function terminated(exitCode: number, message: string) {
  return { terminated: { exitCode, message, reason: exitCode === 0 ? 'Completed' : 'Error' } };
}

function containerStatus(state: object, isReady: boolean) {
  return { name: COMPUTE_CONTAINER, image: '', imageID: '', restartCount: 0, ready: isReady, started: isReady, state };
}
