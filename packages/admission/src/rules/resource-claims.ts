import type { GPU, HostDevice } from '@quickvirt/api';
import { featureGateEnabled, type FeatureGate } from '@quickvirt/config';
import { duplicate, invalid, quoted, required, type Cause } from '../cause.ts';
import type { RuleContext, SpecRule } from './rule.ts';

/** Devices by Dynamic Resource Allocation: a claim and a request each, of a claim that the spec lists. */
export const resourceClaimRules: SpecRule = (spec, path, context) => {
  const { gpus = [], hostDevices = [] } = spec.domain.devices;
  const devices = `${path}.domain.devices`;
  const claims = spec.resourceClaims ?? [];
  const names = new Set<string>();
  const causes: Cause[] = [];
  claims.forEach(({ name }, index) => {
    if (names.has(name))
      causes.push(duplicate(`${path}.resourceClaims[${index}].name`, `${quoted(name)} is listed twice`));
    names.add(name);
  });
  causes.push(
    ...listRules(gpus, `${devices}.gpus`, 'GPUsWithDRA', context),
    ...listRules(hostDevices, `${devices}.hostDevices`, 'HostDevicesWithDRA', context),
  );
  const unknown = [...gpus, ...hostDevices].flatMap(({ claimName }) =>
    claimName && !names.has(claimName) ? [claimName] : [],
  );
  if (unknown.length > 0) {
    causes.push(
      invalid(`${path}.resourceClaims`, `devices use claims that are not listed here: ${unknown.join(', ')}`),
    );
  }
  return causes;
};

function listRules(
  devices: readonly (GPU | HostDevice)[],
  field: string,
  gate: FeatureGate,
  { config }: RuleContext,
): Cause[] {
  const causes: Cause[] = [];
  const requests = new Set<string>();
  devices.forEach(({ name, deviceName, claimName, requestName }, index) => {
    if (!claimName && !requestName) return;
    const at = `${field}[${index}]`;
    if (!featureGateEnabled(config, gate)) {
      causes.push(invalid(field, `resource claims need the feature gate ${gate} in the KubeVirt object`));
      return;
    }
    if (deviceName)
      causes.push(invalid(field, `device ${quoted(name)} has a deviceName and a claim; keep one of them`));
    if (!claimName) causes.push(required(`${at}.claimName`, 'a request needs the name of its claim'));
    if (!requestName) causes.push(required(`${at}.requestName`, 'a claim needs the name of one of its requests'));
    const request = JSON.stringify([claimName, requestName]);
    if (claimName && requestName && requests.has(request)) {
      causes.push(
        duplicate(at, `request ${quoted(requestName)} of claim ${quoted(claimName)} belongs to another device`),
      );
    }
    requests.add(request);
  });
  return causes;
}
