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
  const modes = new Map((domainCapabilities?.cpu?.mode ?? []).map((mode) => [mode['@name'], mode]));
  const obsolete = new Set(options.obsoleteCpuModels);
  return {
    ...cpuModelLabels(modes.get('custom'), obsolete),
    ...hostModelLabels(modes.get('host-model'), obsolete),
    ...machineTypeLabels(capabilities),
    ...hypervLabels(domainCapabilities),
    ...timerLabels(capabilities),
    ...(domainCapabilities?.features?.sev?.['@supported'] === 'yes' && { 'kubevirt.io/sev': 'true' }),
  };
}

type Labels = Record<string, string>;

/** A label for each name that can be one. */
function labelled(prefix: string, names: readonly (string | undefined)[]): Labels {
  const valid = names.filter((name) => name !== undefined && labelNamePattern.test(name));
  return Object.fromEntries(valid.map((name) => [`${prefix}${name}`, 'true']));
}

function cpuModelLabels(custom: Mode | undefined, obsolete: ReadonlySet<string>): Labels {
  const usable = (custom?.model ?? []).filter((model) => typeof model === 'object' && model['@usable'] === 'yes');
  const names = usable.map(textOf).filter((name) => !obsolete.has(name));
  return labelled('cpu-model.node.kubevirt.io/', names);
}

/** What a guest with the host's CPU gets and needs: the base of live migration between like nodes. */
function hostModelLabels(hostModel: Mode | undefined, obsolete: ReadonlySet<string>): Labels {
  if (hostModel?.['@supported'] !== 'yes') return {};
  const model = textOf(hostModel.model?.[0]);
  const required = (hostModel.feature ?? []).filter((feature) => feature['@policy'] === 'require');
  const features = required.map((feature) => feature['@name']);
  return {
    ...labelled('host-model-cpu.node.kubevirt.io/', [model]),
    ...labelled('cpu-model-migration.node.kubevirt.io/', [model]),
    ...labelled('cpu-vendor.node.kubevirt.io/', [textOf(hostModel.vendor)]),
    ...(obsolete.has(model) && { 'node-labeller.kubevirt.io/obsolete-host-model': 'true' }),
    ...labelled('cpu-feature.node.kubevirt.io/', features),
    ...labelled('host-model-required-features.node.kubevirt.io/', features),
  };
}

/** Machine types of the host's own architecture. */
function machineTypeLabels(capabilities: Capabilities | undefined): Labels {
  const arch = textOf(capabilities?.host?.cpu?.arch?.[0]);
  const guests = (capabilities?.guest ?? []).flatMap((guest) => guest.arch ?? []);
  const machines = guests.filter((guest) => guest['@name'] === arch).flatMap((guest) => guest.machine ?? []);
  return labelled('machine-type.node.kubevirt.io/', machines.map(textOf));
}

function hypervLabels(domainCapabilities: DomainCapabilities | undefined): Labels {
  const values = (domainCapabilities?.features?.hyperv?.enum ?? []).flatMap((list) => list.value ?? []);
  const names = values.map(textOf).map((name) => hypervNames[name] ?? name);
  return labelled('hyperv.node.kubevirt.io/', names);
}

function timerLabels(capabilities: Capabilities | undefined): Labels {
  const tsc = capabilities?.host?.cpu?.counter?.find((counter) => counter['@name'] === 'tsc');
  if (!tsc?.['@frequency']) return {};
  return {
    'cpu-timer.node.kubevirt.io/tsc-frequency': tsc['@frequency'],
    'cpu-timer.node.kubevirt.io/tsc-scalable': String(tsc['@scaling'] === 'yes'),
  };
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
