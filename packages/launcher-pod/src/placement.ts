import { type Affinity, labels, type NodeSelectorRequirement } from '@quickvirt/api';
import type { Context } from './context.ts';
import { persistentReservationLabel, reservesDisks } from './metadata.ts';

/** Labels that a node must have. */
export function nodeSelector(context: Context): Record<string, string> {
  const { vmi, config, dedicatedCpus } = context;
  const { domain, architecture } = vmi.spec;
  const { cpu, launchSecurity } = domain;
  const required = new Map<string, string>();
  const want = (label: string) => required.set(label, 'true');
  want(labels.schedulable);
  if (architecture) required.set('kubernetes.io/arch', architecture);
  if (domain.machine?.type) want(labels.machineTypePrefix + domain.machine.type);
  if (isNamedModel(cpu?.model)) want(labels.cpuModelPrefix + cpu?.model);
  for (const { name, policy } of cpu?.features ?? []) {
    if (policy === undefined || policy === 'require') want(labels.cpuFeaturePrefix + name);
  }
  for (const feature of requiredHypervFeatures(context)) want(labels.hypervPrefix + feature);
  if (dedicatedCpus) want(labels.cpuManager);
  if (cpu?.realtime !== undefined) want(labels.realtime);
  if (launchSecurity?.sev !== undefined || launchSecurity?.snp !== undefined) want(labels.sev);
  if (launchSecurity?.sev?.policy?.encryptedState === true) want(labels.sevEs);
  if (launchSecurity?.snp !== undefined) want(labels.sevSnp);
  if (launchSecurity?.tdx !== undefined) want(labels.tdx);
  for (const [label, value] of timestampCounter(context)) required.set(label, value);
  return { ...Object.fromEntries(required), ...config.developer.nodeSelectors, ...vmi.spec.nodeSelector };
}

const isNamedModel = (model: string | undefined): boolean =>
  model !== undefined && model !== '' && model !== 'host-model' && model !== 'host-passthrough';

/** Enlightenments that a node's KVM may lack, by the field's name and the label's. */
const hypervLabels = {
  vpindex: 'vpindex',
  runtime: 'runtime',
  reset: 'reset',
  synic: 'synic',
  synictimer: 'synictimer',
  frequencies: 'frequencies',
  reenlightenment: 'reenlightenment',
  tlbflush: 'tlbflush',
  ipi: 'ipi',
} as const;

function requiredHypervFeatures({ vmi, config }: Context): string[] {
  const hyperv = vmi.spec.domain.features?.hyperv;
  if (hyperv === undefined || !config.featureGates.includes('HypervStrictCheck')) return [];
  return Object.entries(hypervLabels)
    .filter(([field]) => {
      const feature = hyperv[field as keyof typeof hypervLabels];
      return feature !== undefined && feature.enabled !== false;
    })
    .map(([, label]) => label);
}

/** On a node: guests with this TSC frequency, in hertz, may run here. */
const schedulableTscFrequencyPrefix = 'scheduling.node.kubevirt.io/tsc-frequency-';

/** Guests that count on a steady TSC run where its frequency is theirs, or can be scaled to it. */
function timestampCounter({ vmi }: Context): [string, string][] {
  const frequency = vmi.status?.topologyHints?.tscFrequency;
  return needsSteadyTsc(vmi) && frequency !== undefined
    ? [[`${schedulableTscFrequencyPrefix}${frequency}`, 'true']]
    : [];
}

/** True when the guest reads the TSC by itself and must find the same one after a migration. */
function needsSteadyTsc(vmi: Context['vmi']): boolean {
  const { cpu, features } = vmi.spec.domain;
  const invtsc = (cpu?.features ?? []).some(
    ({ name, policy }) => name === 'invtsc' && (policy === undefined || policy === 'require'),
  );
  const reenlightenment = features?.hyperv?.reenlightenment;
  return invtsc || (reenlightenment !== undefined && reenlightenment.enabled !== false);
}

/** The VMI's affinity, with the nodes left out that could not run it. */
export function affinity({ vmi }: Context): Affinity | undefined {
  const { cpu } = vmi.spec.domain;
  const forbidden = (cpu?.features ?? [])
    .filter(({ policy }) => policy === 'forbid')
    .map(({ name }): NodeSelectorRequirement => ({ key: labels.cpuFeaturePrefix + name, operator: 'DoesNotExist' }));
  const hostModel: NodeSelectorRequirement[] =
    !cpu?.model || cpu.model === 'host-model'
      ? [{ key: labels.nodeLabellerObsoleteHostModel, operator: 'DoesNotExist' }]
      : [];
  const nodes = withNodeRequirements(vmi.spec.affinity, [...forbidden, ...hostModel]);
  return reservesDisks(vmi) ? apartFromReservations(nodes) : nodes;
}

/** Adds requirements to each term: terms are alternatives, so each must hold them. */
function withNodeRequirements(
  affinity: Affinity | undefined,
  requirements: NodeSelectorRequirement[],
): Affinity | undefined {
  if (requirements.length === 0) return affinity;
  const required = affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  const terms = required?.nodeSelectorTerms ?? [{}];
  return {
    ...affinity,
    nodeAffinity: {
      ...affinity?.nodeAffinity,
      requiredDuringSchedulingIgnoredDuringExecution: {
        nodeSelectorTerms: terms.map((term) => ({
          ...term,
          matchExpressions: [...(term.matchExpressions ?? []), ...requirements],
        })),
      },
    },
  };
}

function apartFromReservations(affinity: Affinity | undefined): Affinity {
  const own = affinity?.podAntiAffinity;
  return {
    ...affinity,
    podAntiAffinity: {
      ...own,
      requiredDuringSchedulingIgnoredDuringExecution: [
        ...(own?.requiredDuringSchedulingIgnoredDuringExecution ?? []),
        {
          labelSelector: { matchExpressions: [{ key: persistentReservationLabel, operator: 'Exists' }] },
          topologyKey: 'kubernetes.io/hostname',
        },
      ],
    },
  };
}
