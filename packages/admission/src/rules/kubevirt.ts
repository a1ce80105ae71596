import { DurationError, parseDurationMs, type Duration, type KubeVirt } from '@quickvirt/api';
import { featureGateStages } from '@quickvirt/config';
import { forbidden, invalid, nearestOf, quoted, type Cause } from '../cause.ts';
import { noFacts } from '../facts.ts';
import { ratchet } from '../ratchet.ts';
import { verdictOf, type AdmissionRequest, type Verdict } from '../request.ts';
import { hostDeviceRules, hostDeviceWarnings } from './permitted-host-devices.ts';

const group = 'kubevirt.io';
/** What must be gone before QuickVirt goes, where its owner asked for that. */
const workloads = ['virtualmachines', 'virtualmachineinstances', 'virtualmachineinstancereplicasets'];

/** Judges the KubeVirt object: there is one, its settings can be read, and it goes last. */
export function validateKubeVirt(request: AdmissionRequest<KubeVirt>): Verdict {
  const { operation, object, old, facts = noFacts } = request;
  if (operation === 'DELETE') return verdictOf(deletionRules(request));
  if (object.metadata.deletionTimestamp) return verdictOf([]);
  const causes = kubevirtCauses(object);
  const warnings = [...gateWarnings(object), ...hostDeviceWarnings(object)];
  if (old) return verdictOf(ratchet(causes, kubevirtCauses(old)), warnings);
  const others = facts.list<KubeVirt>({ group, resource: 'kubevirts' }) ?? [];
  const other = others.find(
    ({ metadata }) => metadata.uid !== object.metadata.uid || metadata.name !== object.metadata.name,
  );
  if (other) {
    const where = quoted(`${other.metadata.namespace}/${other.metadata.name}`);
    causes.push(forbidden('metadata.name', `Kubevirt is already created: a cluster has one, and it has ${where}`));
  }
  return verdictOf(causes, warnings);
}

function deletionRules({ object, facts = noFacts }: AdmissionRequest<KubeVirt>): Cause[] {
  if (object.spec?.uninstallStrategy !== 'BlockUninstallIfWorkloadsExist') return [];
  return workloads.flatMap((resource) => {
    const count = facts.list({ group, resource })?.length ?? 0;
    if (count === 0) return [];
    const message = `there are ${count} ${resource} left; delete them first, or set uninstallStrategy to RemoveWorkloads`;
    return [forbidden('spec.uninstallStrategy', message)];
  });
}

function kubevirtCauses(kubevirt: KubeVirt): Cause[] {
  const { spec } = kubevirt;
  return [
    ...gateRules(spec ?? {}),
    ...ratioRules(spec ?? {}),
    ...certificateRules(spec ?? {}),
    ...tlsRules(spec ?? {}),
    ...hostDeviceRules(kubevirt),
  ];
}

function gateRules({ configuration }: NonNullable<KubeVirt['spec']>): Cause[] {
  const { featureGates = [], disabledFeatureGates = [] } = configuration?.developerConfiguration ?? {};
  const field = 'spec.configuration.developerConfiguration.disabledFeatureGates';
  return disabledFeatureGates
    .filter((gate) => featureGates.includes(gate))
    .map((gate) => invalid(field, `feature gate ${quoted(gate)} is both enabled and disabled; keep one of the two`));
}

function ratioRules({ configuration }: NonNullable<KubeVirt['spec']>): Cause[] {
  const ratio = configuration?.additionalGuestMemoryOverheadRatio;
  if (ratio === undefined || Number(ratio) >= 1) return [];
  const field = 'spec.configuration.additionalGuestMemoryOverheadRatio';
  return [invalid(field, `${quoted(ratio)} must be a number of at least 1.0`)];
}

function certificateRules({ certificateRotateStrategy }: NonNullable<KubeVirt['spec']>): Cause[] {
  const { ca, server } = certificateRotateStrategy?.selfSigned ?? {};
  const field = 'spec.certificateRotateStrategy.selfSigned';
  const causes: Cause[] = [];
  const read = (duration: Duration | undefined, at: string): number | undefined => {
    if (duration === undefined) return undefined;
    try {
      return parseDurationMs(duration);
    } catch (error) {
      if (!(error instanceof DurationError)) throw error;
      causes.push(invalid(at, error.message));
      return undefined;
    }
  };
  for (const [name, lifetime] of [
    ['ca', ca],
    ['server', server],
  ] as const) {
    const duration = read(lifetime?.duration, `${field}.${name}.duration`);
    const renewal = read(lifetime?.renewBefore, `${field}.${name}.renewBefore`);
    if (duration !== undefined && renewal !== undefined && renewal > duration) {
      causes.push(
        invalid(
          `${field}.${name}`,
          `renewBefore (${lifetime?.renewBefore}) cannot exceed duration (${lifetime?.duration})`,
        ),
      );
    }
  }
  const caMs = read(ca?.duration, `${field}.ca.duration`);
  const serverMs = read(server?.duration, `${field}.server.duration`);
  if (caMs !== undefined && serverMs !== undefined && serverMs > caMs) {
    causes.push(invalid(`${field}.server.duration`, 'a certificate cannot outlive the CA that signed it'));
  }
  return causes;
}

function tlsRules({ configuration }: NonNullable<KubeVirt['spec']>): Cause[] {
  const { minTLSVersion, ciphers } = configuration?.tlsConfiguration ?? {};
  if (minTLSVersion !== 'VersionTLS13' || !ciphers?.length) return [];
  const field = 'spec.configuration.tlsConfiguration.ciphers';
  return [invalid(field, 'TLS 1.3 chooses its ciphers itself: leave ciphers out with VersionTLS13')];
}

/** Gates that do nothing any more, or that nobody knows. */
function gateWarnings({ spec }: KubeVirt): string[] {
  const gates = spec?.configuration?.developerConfiguration?.featureGates ?? [];
  const stages: Readonly<Record<string, string>> = featureGateStages;
  return gates.flatMap((gate) => {
    const stage = Object.hasOwn(stages, gate) ? stages[gate] : undefined;
    if (stage === undefined) {
      const nearest = nearestOf(gate, Object.keys(stages));
      return [`feature gate ${quoted(gate)} is not known${nearest ? `; did you mean ${quoted(nearest)}?` : ''}`];
    }
    if (stage === 'GA') return [`feature gate ${gate} is always on; leave it out`];
    return stage === 'Deprecated' || stage === 'Discontinued' ? [`feature gate ${gate} is ${stage.toLowerCase()}`] : [];
  });
}
