import { finalizers, labels, type VirtualMachineInstanceMigration } from '@quickvirt/api';

/** A migration that can be found by its instance, and that stays until it was cleaned up after. */
export function defaultMigration(migration: VirtualMachineInstanceMigration): VirtualMachineInstanceMigration {
  const { metadata, spec } = migration;
  if (!spec?.vmiName) return migration;
  const present = metadata.finalizers ?? [];
  return {
    ...migration,
    metadata: {
      ...metadata,
      labels: { ...metadata.labels, [labels.vmiName]: spec.vmiName },
      finalizers: present.includes(finalizers.migration) ? present : [...present, finalizers.migration],
    },
  };
}
