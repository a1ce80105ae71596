import { XMLParser } from 'fast-xml-parser';

/** What a node's own libvirt says of it, as it prints it. */
export interface NodeCapabilities {
  /** `virConnectGetCapabilities`: host CPU, machine types. */
  capabilitiesXml: string;
  /** `virConnectGetDomainCapabilities` of the accelerator that guests get (kvm, else qemu): CPU models, Hyper-V, SEV. */
  domainCapabilitiesXml: string;
}

/** Label prefixes that belong to the node labeller: what it no longer finds, it takes off. */
const prefixes = [
  'cpu-model.node.kubevirt.io/',
  'cpu-model-migration.node.kubevirt.io/',
  'cpu-feature.node.kubevirt.io/',
  'cpu-vendor.node.kubevirt.io/',
  'host-model-cpu.node.kubevirt.io/',
  'host-model-required-features.node.kubevirt.io/',
  'machine-type.node.kubevirt.io/',
  'hyperv.node.kubevirt.io/',
  'cpu-timer.node.kubevirt.io/',
];
const singleLabels = [
  'kubevirt.io/sev',
  'kubevirt.io/sev-es',
  'kubevirt.io/sev-snp',
  'kubevirt.io/tdx',
  'node-labeller.kubevirt.io/obsolete-host-model',
];

/** libvirt's names of Hyper-V features where they differ from the API's. */
const hypervNames: Readonly<Record<string, string>> = { stimer: 'synictimer', vendor_id: 'vendorid' };

/** Kubernetes: the name part of a label key. */
const labelNamePattern = /^[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/;

const parser = new XMLParser({
  ignoreAttributes: false,
  attributeNamePrefix: '@',
  parseTagValue: false,
  parseAttributeValue: false,
  isArray: (name) =>
    ['machine', 'guest', 'arch', 'model', 'feature', 'mode', 'value', 'counter', 'enum'].includes(name),
});

interface Text {
  '#text'?: string;
  [attribute: `@${string}`]: string | undefined;
}
type Item = Text | string;
interface Mode extends Text {
  model?: Item[];
  vendor?: Item;
  feature?: Text[];
}
interface Capabilities {
  host?: { cpu?: { arch?: Item[]; counter?: Text[] } };
  guest?: { arch?: { '@name'?: string; machine?: Item[] }[] }[];
}
interface DomainCapabilities {
  cpu?: { mode?: Mode[] };
  features?: { hyperv?: { enum?: { value?: Item[] }[] }; sev?: Text; 's390-pv'?: Text };
}

/**
 * The labels that launcher pods select nodes by: CPU models and features, vendor, machine types, TSC, Hyper-V, SEV. Pure.
 * @param options.obsoleteCpuModels models that are never offered, from the KubeVirt object.
 * @throws when the XML does not parse.
 */
export function nodeLabels(
  facts: NodeCapabilities,
  options: { obsoleteCpuModels: readonly string[] },
): Record<string, string> {
  const { capabilities } = parser.parse(facts.capabilitiesXml) as { capabilities?: Capabilities };
  const { domainCapabilities } = parser.parse(facts.domainCapabilitiesXml) as {
    domainCapabilities?: DomainCapabilities;
  };
  const labels: Record<string, string> = {};
  const set = (prefix: string, name: string | undefined, value = 'true'): void => {
    if (name && labelNamePattern.test(name)) labels[`${prefix}${name}`] = value;
  };
  const modes = new Map((domainCapabilities?.cpu?.mode ?? []).map((mode) => [mode['@name'], mode]));
  const obsolete = new Set(options.obsoleteCpuModels);
  for (const model of modes.get('custom')?.model ?? []) {
    const name = textOf(model);
    if (typeof model === 'object' && model['@usable'] === 'yes' && !obsolete.has(name))
      set('cpu-model.node.kubevirt.io/', name);
  }
  hostModelLabels(modes.get('host-model'), obsolete, labels, set);
  const arch = textOf(capabilities?.host?.cpu?.arch?.[0]);
  for (const machine of (capabilities?.guest ?? [])
    .flatMap((guest) => guest.arch ?? [])
    .filter((guest) => guest['@name'] === arch)
    .flatMap((guest) => guest.machine ?? [])) {
    set('machine-type.node.kubevirt.io/', textOf(machine));
  }
  for (const value of (domainCapabilities?.features?.hyperv?.enum ?? []).flatMap((list) => list.value ?? [])) {
    const name = textOf(value);
    set('hyperv.node.kubevirt.io/', hypervNames[name] ?? name);
  }
  const tsc = capabilities?.host?.cpu?.counter?.find((counter) => counter['@name'] === 'tsc');
  if (tsc?.['@frequency']) {
    labels['cpu-timer.node.kubevirt.io/tsc-frequency'] = tsc['@frequency'];
    labels['cpu-timer.node.kubevirt.io/tsc-scalable'] = String(tsc['@scaling'] === 'yes');
  }
  if (domainCapabilities?.features?.sev?.['@supported'] === 'yes') labels['kubevirt.io/sev'] = 'true';
  return labels;
}

/** What a guest with the host's CPU gets and needs: the base of live migration between like nodes. */
function hostModelLabels(
  hostModel: Mode | undefined,
  obsolete: Set<string>,
  labels: Record<string, string>,
  set: (prefix: string, name: string | undefined) => void,
): void {
  if (hostModel?.['@supported'] !== 'yes') return;
  const model = textOf(hostModel.model?.[0]);
  set('host-model-cpu.node.kubevirt.io/', model);
  set('cpu-model-migration.node.kubevirt.io/', model);
  set('cpu-vendor.node.kubevirt.io/', textOf(hostModel.vendor));
  if (obsolete.has(model)) labels['node-labeller.kubevirt.io/obsolete-host-model'] = 'true';
  for (const feature of hostModel.feature ?? []) {
    if (feature['@policy'] !== 'require') continue;
    set('cpu-feature.node.kubevirt.io/', feature['@name']);
    set('host-model-required-features.node.kubevirt.io/', feature['@name']);
  }
}

function textOf(item: Item | undefined): string {
  return typeof item === 'string' ? item : (item?.['#text'] ?? '');
}

/**
 * What to change of a node's labels, as the `labels` of a merge patch: new values, and null for those of ours that are no
 * longer true. Undefined when nothing is to change, so that an idle node costs no write. Pure.
 */
export function labelChanges(
  current: Readonly<Record<string, string>>,
  wanted: Readonly<Record<string, string>>,
): Record<string, string | null> | undefined {
  const changes: Record<string, string | null> = {};
  for (const [key, value] of Object.entries(wanted)) if (current[key] !== value) changes[key] = value;
  for (const key of Object.keys(current)) {
    const ours = singleLabels.includes(key) || prefixes.some((prefix) => key.startsWith(prefix));
    if (ours && !(key in wanted)) changes[key] = null;
  }
  return Object.keys(changes).length > 0 ? changes : undefined;
}
