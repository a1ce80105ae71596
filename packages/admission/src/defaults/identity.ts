import type { Firmware, VirtualMachineInstanceSpec } from '@quickvirt/api';
import type { FreshIdentity } from '../request.ts';

/**
 * The spec with a firmware UUID and serial number: the object's own, else the stored ones (a client's replace left them
 * out), else fresh ones. A guest's licences and cloud-init's instance hang on them, so they never change by themselves.
 */
export function withIdentity(
  spec: VirtualMachineInstanceSpec,
  fresh: FreshIdentity | undefined,
  stored?: VirtualMachineInstanceSpec,
): VirtualMachineInstanceSpec {
  const own = spec.domain.firmware;
  const kept = stored?.domain.firmware;
  const uuid = own?.uuid || kept?.uuid || fresh?.uuid;
  const serial = own?.serial || kept?.serial || fresh?.serial;
  if (uuid === own?.uuid && serial === own?.serial) return spec;
  const firmware: Firmware = { ...own, ...(uuid && { uuid }), ...(serial && { serial }) };
  return { ...spec, domain: { ...spec.domain, firmware } };
}
