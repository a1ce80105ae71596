import type { DataVolumeTemplateSpec, VirtualMachine } from '@quickvirt/api';
import { invalid, quoted, required, type Cause } from '../cause.ts';

/** DataVolumes that a VM makes: each named, with storage and a source, and shown to the guest. */
export function dataVolumeTemplateRules({ metadata, spec }: VirtualMachine): Cause[] {
  const used = new Set(
    (spec.template.spec?.volumes ?? []).flatMap(({ dataVolume, persistentVolumeClaim }) => [
      ...(dataVolume ? [dataVolume.name] : []),
      ...(persistentVolumeClaim ? [persistentVolumeClaim.claimName] : []),
    ]),
  );
  return (spec.dataVolumeTemplates ?? []).flatMap((template, index) => {
    // KubeVirt spells the list in the singular here, and clients show it so.
    const field = `spec.dataVolumeTemplate[${index}]`;
    const causes = oneTemplate(template, field, metadata.namespace);
    if (causes.length > 0) return causes;
    const name = template.metadata?.name ?? '';
    if (used.has(name)) return [];
    const message = `DataVolume ${quoted(name)} must be referenced in the template's 'volumes' list: add a volume with dataVolume.name`;
    return [required(field, message)];
  });
}

function oneTemplate(template: DataVolumeTemplateSpec | null, field: string, namespace: string | undefined): Cause[] {
  const { metadata, spec } = template ?? {};
  if (!metadata?.name) return [required(`${field}.name`, 'a DataVolume needs metadata.name')];
  const causes: Cause[] = [];
  if (metadata.namespace && namespace && metadata.namespace !== namespace) {
    const message = `a DataVolume lives beside its VM in ${quoted(namespace)}, not in ${quoted(metadata.namespace)}`;
    causes.push(invalid(`${field}.namespace`, message));
  }
  if (!spec?.pvc && !spec?.storage) {
    causes.push(required(`${field}.PVC.Storage`, 'a DataVolume needs storage: set spec.storage'));
  } else if (spec.pvc && spec.storage) {
    causes.push(invalid(`${field}.PVC.Storage`, 'spec.pvc and spec.storage say the same; keep spec.storage'));
  }
  if (spec && !spec.source && !spec.sourceRef && !(spec.pvc ?? spec.storage)?.dataSourceRef) {
    causes.push(
      required(`${field}.Source.SourceRef`, 'a DataVolume needs a source: set spec.source or spec.sourceRef'),
    );
  }
  return causes;
}
