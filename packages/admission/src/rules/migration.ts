import { labels, type VirtualMachineInstance, type VirtualMachineInstanceMigration } from '@quickvirt/api';
import { featureGateEnabled } from '@quickvirt/config';
import { invalid, notFound, notSupported, oneOf, quoted, required, type Cause } from '../cause.ts';
import { isDeepEqual } from '../deep-equal.ts';
import { noFacts, type ClusterFacts } from '../facts.ts';
import { isQuickVirtComponent, verdictOf, type AdmissionRequest, type Verdict } from '../request.ts';

const priorities = ['system-critical', 'user-triggered', 'system-maintenance'];
const group = 'kubevirt.io';

/** Judges a VirtualMachineInstanceMigration at CREATE: one at a time, of a guest that can move. */
export function validateMigrationCreate(request: AdmissionRequest<VirtualMachineInstanceMigration>): Verdict {
  const { object, config, facts = noFacts, user, installNamespace } = request;
  const { spec } = object;
  if (!spec.vmiName) return verdictOf([required('spec.vmiName', 'vmiName is missing: name the instance to migrate')]);
  const causes: Cause[] = [];
  if (spec.priority !== undefined) {
    if (!priorities.includes(spec.priority))
      causes.push(invalid('spec.priority', `priority ${oneOf(spec.priority, priorities)}`));
    else if (!isQuickVirtComponent(user, installNamespace)) {
      causes.push(notSupported('spec.priority', 'QuickVirt ranks migrations itself; leave priority out'));
    }
  }
  if ((spec.sendTo ?? spec.receive) && !featureGateEnabled(config, 'DecentralizedLiveMigration')) {
    const field = spec.sendTo ? 'spec.sendTo' : 'spec.receive';
    causes.push(invalid(field, 'migration between clusters needs the feature gate DecentralizedLiveMigration'));
  }
  return verdictOf([...causes, ...(spec.receive ? [] : instanceRules(object, facts))]);
}

function instanceRules({ metadata, spec }: VirtualMachineInstanceMigration, facts: ClusterFacts): Cause[] {
  const namespace = metadata.namespace ?? 'default';
  const name = spec.vmiName ?? '';
  const field = 'spec.vmiName';
  const vmi = facts.get<VirtualMachineInstance>({ group, resource: 'virtualmachineinstances', namespace, name });
  if (vmi === null) return [notFound(field, `the VMI ${JSON.stringify(`${namespace}/${name}`)} does not exist`)];
  if (vmi === undefined) return [];
  if (vmi.status?.phase === 'Succeeded' || vmi.status?.phase === 'Failed') {
    return [
      invalid(
        field,
        `Cannot migrate VMI in finalized state. ${quoted(name)} is ${vmi.status.phase}; start its VM first`,
      ),
    ];
  }
  const migratable = vmi.status?.conditions?.find(({ type }) => type === 'LiveMigratable');
  if (migratable?.status === 'False') {
    return [invalid(field, `Cannot migrate VMI, Reason: ${migratable.reason}, Message: ${migratable.message}`)];
  }
  return inFlightRules(name, namespace, metadata.name, facts);
}

function inFlightRules(vmiName: string, namespace: string, own: string | undefined, facts: ClusterFacts): Cause[] {
  const migrations = facts.list<VirtualMachineInstanceMigration>({
    group,
    resource: 'virtualmachineinstancemigrations',
    namespace,
    labels: { [labels.vmiName]: vmiName },
  });
  const active = migrations?.find(
    ({ metadata, status }) => metadata.name !== own && status?.phase !== 'Succeeded' && status?.phase !== 'Failed',
  );
  if (!active) return [];
  const message = `in-flight migration detected. Active migration job (${active.metadata.uid}) is currently already in progress for VMI ${vmiName}.`;
  return [invalid('spec.vmiName', message)];
}

/** Judges a VirtualMachineInstanceMigration at UPDATE: the order stands, and so does the label that finds it. */
export function validateMigrationUpdate(request: AdmissionRequest<VirtualMachineInstanceMigration>): Verdict {
  const { object, old } = request;
  if (!old || object.metadata.deletionTimestamp) return verdictOf([]);
  const causes: Cause[] = [];
  if (!isDeepEqual(object.spec, old.spec)) {
    causes.push(notSupported('', "update of Migration object's spec is restricted: delete it and create another"));
  }
  if (object.metadata.labels?.[labels.vmiName] !== old.metadata.labels?.[labels.vmiName]) {
    causes.push(notSupported('', `the label ${labels.vmiName} finds this migration and cannot change`));
  }
  return verdictOf(causes);
}
