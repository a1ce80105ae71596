import { labels, type VirtualMachineInstance } from '@quickvirt/api';
import { invalid, notSupported, type Cause } from '../cause.ts';
import { isDeepEqual } from '../deep-equal.ts';
import { isQuickVirtComponent, type AdmissionRequest, type Verdict } from '../request.ts';
import { vmiSpecRules } from './vmi-spec.ts';

/** Labels that say what QuickVirt did with a VMI: a user who sets one could steer a controller to another's pod. */
const RESERVED_LABELS = [
  labels.createdBy,
  labels.migrationJobUid,
  labels.nodeName,
  labels.migrationTargetNodeName,
  labels.schedulable,
  'kubevirt.io/install-strategy',
];

/** Judges a VirtualMachineInstance at CREATE, after its defaults. */
export function validateVmiCreate(request: AdmissionRequest<VirtualMachineInstance>): Verdict {
  const { object, config } = request;
  const causes = vmiSpecRules(object.spec, 'spec', {
    config,
    annotations: object.metadata.annotations ?? {},
    defaulted: true,
  });
  if (!isTrusted(request) && RESERVED_LABELS.some((label) => object.metadata.labels?.[label] !== undefined)) {
    causes.push(
      invalid(
        'metadata.labels',
        'creation of the following reserved kubevirt.io/ labels on a VMI object is prohibited: ' +
          RESERVED_LABELS.join(', '),
      ),
    );
  }
  return { causes, warnings: [] };
}

/**
 * Judges a VirtualMachineInstance at UPDATE. Users change the VirtualMachine, never the spec of its running instance;
 * metadata, finalizers and deletion pass.
 */
export function validateVmiUpdate(request: AdmissionRequest<VirtualMachineInstance>): Verdict {
  const { object, old } = request;
  const causes: Cause[] = [];
  if (!old || object.metadata.deletionTimestamp || isTrusted(request)) return { causes, warnings: [] };
  if (!isDeepEqual(object.spec, old.spec)) causes.push(notSupported('', 'update of VMI object is restricted'));
  const changed = RESERVED_LABELS.filter((label) => object.metadata.labels?.[label] !== old.metadata.labels?.[label]);
  if (changed.length > 0) {
    causes.push(
      notSupported(
        '',
        `modification of the following reserved kubevirt.io/ labels on a VMI object is prohibited: ${changed.join(', ')}`,
      ),
    );
  }
  return { causes, warnings: [] };
}

function isTrusted({ user, installNamespace }: AdmissionRequest<VirtualMachineInstance>): boolean {
  return isQuickVirtComponent(user, installNamespace);
}
