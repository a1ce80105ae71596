import type { VirtualMachineInstance } from '@quickvirt/api';
import { controllerOf, type ChangeSource, type Pod, type StoreReader } from '@quickvirt/kube';

/**
 * Launcher pods as they were last seen, until their instance is gone: a pod that ends and is removed in one moment would
 * take its last words with it.
 */
export class DepartedPods {
  readonly #byVmiUid = new Map<string, Pod>();

  constructor(
    pods: ChangeSource<Pod>,
    vmis: ChangeSource<VirtualMachineInstance> & { readonly store: StoreReader<VirtualMachineInstance> },
  ) {
    pods.subscribe((change) => {
      const owner = controllerOf(change.object);
      if (change.type !== 'deleted' || !owner) return;
      const vmi = vmis.store.get(`${change.object.metadata.namespace}/${owner.name}`);
      if (vmi?.metadata.uid === owner.uid) this.#byVmiUid.set(owner.uid, change.object);
    });
    vmis.subscribe((change) => {
      if (change.type === 'deleted') this.#byVmiUid.delete(change.object.metadata.uid ?? '');
    });
  }

  /** The pod of that instance that is gone. */
  of({ metadata }: VirtualMachineInstance): Pod | undefined {
    return this.#byVmiUid.get(metadata.uid ?? '');
  }
}
