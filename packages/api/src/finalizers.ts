/** Finalizers that our controllers put on objects: the API server keeps an object until its controller took them off. */
export const finalizers = {
  /** On a VM and on each VMI made from it: the VM controller has cleanup to do. */
  virtualMachine: 'kubevirt.io/virtualMachineControllerFinalize',
  /** On a VMI: its launcher pod must be gone first. */
  virtualMachineInstance: 'kubevirt.io/foregroundDeleteVirtualMachine',
  /** On a migration: the target pod must be judged first. */
  migration: 'kubevirt.io/migrationJobFinalize',
  /** On a pool. */
  pool: 'pool.kubevirt.io/finalizer',
  snapshot: 'snapshot.kubevirt.io/vmsnapshot-protection',
  snapshotContent: 'snapshot.kubevirt.io/vmsnapshotcontent-protection',
  restore: 'snapshot.kubevirt.io/vmrestore-protection',
  /** On the KubeVirt CR. */
  kubevirt: 'foregroundDeleteKubeVirt',
} as const;
