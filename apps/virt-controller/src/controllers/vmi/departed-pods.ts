import type { VirtualMachineInstance } from '@quickvirt/api';
import { controllerOf, systemClock, type ChangeSource, type Clock, type Pod, type StoreReader } from '@quickvirt/kube';
import type { NodeLives } from '../node/index.ts';
import { isStray } from './stray-pod.ts';

/**
 * Launcher pods as they were last seen, until their instance is gone: a pod that ends and is removed in one moment would
 * take its last words with it.
 */
export class DepartedPods {
  readonly #byVmiUid = new Map<string, readonly Pod[]>();
  /** Monotonic time since when an instance's pod was seen to be gone on a node that is alive. */
  readonly #absentSinceMs = new Map<string, { sinceMs: number; nodeName: string }>();
  readonly #clock: Clock;

  constructor(
    pods: ChangeSource<Pod>,
    vmis: ChangeSource<VirtualMachineInstance> & { readonly store: StoreReader<VirtualMachineInstance> },
    lives: Pick<NodeLives, 'subscribe'>,
    clock: Clock = systemClock,
  ) {
    this.#clock = clock;
    pods.subscribe((change) => {
      const owner = controllerOf(change.object);
      if (!owner) return;
      const found = vmis.store.get(`${change.object.metadata.namespace}/${owner.name}`);
      const vmi = found?.metadata.uid === owner.uid ? found : undefined;
      if (!vmi || !isStray(vmi, change.object)) this.#absentSinceMs.delete(owner.uid);
      if (change.type !== 'deleted' || !vmi) return;
      this.#byVmiUid.set(owner.uid, [...(this.#byVmiUid.get(owner.uid) ?? []), change.object]);
    });
    vmis.subscribe((change) => {
      if (change.type !== 'deleted') return;
      this.#byVmiUid.delete(change.object.metadata.uid ?? '');
      this.#absentSinceMs.delete(change.object.metadata.uid ?? '');
    });
    // While nothing was heard of a node nothing ended there for sure.
    lives.subscribe((nodeName) => {
      for (const [uid, absence] of this.#absentSinceMs) {
        if (absence.nodeName === nodeName) this.#absentSinceMs.delete(uid);
      }
    });
  }

  /** How long the pod of that instance has been gone, as far as this process knows: 0 at the first look. */
  absentMs({ metadata, status }: VirtualMachineInstance): number {
    const { uid = '' } = metadata;
    const nowMs = this.#clock.monotonicMs();
    const known = this.#absentSinceMs.get(uid);
    if (known) return nowMs - known.sinceMs;
    this.#absentSinceMs.set(uid, { sinceMs: nowMs, nodeName: status?.nodeName ?? '' });
    return 0;
  }

  /** The pod of that instance that is gone. */
  of(vmi: VirtualMachineInstance): Pod | undefined {
    return this.#byVmiUid.get(vmi.metadata.uid ?? '')?.findLast((pod) => !isStray(vmi, pod));
  }
}
