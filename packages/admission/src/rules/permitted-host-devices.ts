import type { KubeVirt, PermittedHostDevices, QatConfiguration, QatPhysicalFunctionRule } from '@quickvirt/api';
import { clusterConfigFrom, type QatDeviceFamily } from '@quickvirt/config';
import { isPciAddress, knownFamilies, servicesProblem } from '@quickvirt/qat';
import { duplicate, invalid, notSupported, oneOf, quoted, required, type Cause } from '../cause.ts';

const root = 'spec.configuration.permittedHostDevices';
const services: readonly string[] = ['sym', 'asym', 'dc', 'dcc', 'decomp'];
/** `domain/name`, the form of an extended resource (Kubernetes, IsExtendedResourceName). */
const resourceNamePattern =
  /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*\/[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/;

/** Judges our own section for QAT cards; KubeVirt's lists are only warned of, because KubeVirt takes anything there. */
export function hostDeviceRules(kubevirt: KubeVirt): Cause[] {
  const qat = kubevirt.spec?.configuration?.permittedHostDevices?.qat;
  if (!qat) return [];
  const { extraDevices } = clusterConfigFrom(kubevirt).qat;
  const families = knownFamilies(extraDevices);
  return [
    ...(qat.physicalFunctions ?? []).flatMap((rule, index) =>
      cardRules(rule, `${root}.qat.physicalFunctions[${index}]`, families),
    ),
    ...(qat.resources ?? []).flatMap((rule, index) => {
      const field = `${root}.qat.resources[${index}]`;
      return [
        ...resourceNameRules(rule.resourceName, `${field}.resourceName`),
        ...known(rule.services, services, `${field}.services`),
        ...known(rule.families, familyNames(families), `${field}.families`),
      ];
    }),
    ...known(qat.denylistConsent, familyNames(families), `${root}.qat.denylistConsent`),
    ...extraDeviceRules(qat),
  ];
}

/** What will not do what its writer expects. */
export function hostDeviceWarnings(kubevirt: KubeVirt): string[] {
  const permitted = kubevirt.spec?.configuration?.permittedHostDevices;
  if (!permitted) return [];
  const families = knownFamilies(clusterConfigFrom(kubevirt).qat.extraDevices);
  return [...selectorWarnings(permitted, families), ...unreachableRules(permitted.qat?.physicalFunctions ?? [])];
}

function cardRules(rule: QatPhysicalFunctionRule, field: string, families: readonly QatDeviceFamily[]): Cause[] {
  const wanted = rule.services ?? [];
  const meant = families.filter(
    ({ family, generation }) =>
      (rule.families?.includes(family) ?? true) && (rule.generations?.includes(generation) ?? true),
  );
  // A rule for many families is wrong only if it suits none of them.
  const problems = meant.map((family) => servicesProblem(wanted, family));
  const problem = problems.every((each) => each !== undefined) ? problems[0] : undefined;
  return [
    ...known(rule.families, familyNames(families), `${field}.families`),
    ...(rule.addresses ?? []).flatMap((address, index) =>
      isPciAddress(address.toLowerCase())
        ? []
        : [
            invalid(
              `${field}.addresses[${index}]`,
              `${quoted(address)} is no PCI address; write domain:bus:slot.function, as in 0000:6b:00.0`,
            ),
          ],
    ),
    ...known(wanted, services, `${field}.services`),
    ...(wanted.length > 0 && problem ? [invalid(`${field}.services`, `no card can do this: ${problem}`)] : []),
  ];
}

function extraDeviceRules({ extraDevices = [] }: QatConfiguration): Cause[] {
  const seen = new Set<string>();
  return extraDevices.flatMap(({ family, services: named }, index) => {
    const field = `${root}.qat.extraDevices[${index}]`;
    const causes = known(named, services, `${field}.services`);
    if (!family) causes.push(required(`${field}.family`, 'a family needs a name, for rules and messages'));
    else if (seen.has(family)) causes.push(duplicate(`${field}.family`, `${quoted(family)} is there twice`));
    seen.add(family);
    return causes;
  });
}

function resourceNameRules(resourceName: string, field: string): Cause[] {
  if (resourceNamePattern.test(resourceName)) return [];
  return [invalid(field, `${quoted(resourceName)} is no resource name; write domain/name, as in example.org/crypto`)];
}

function known(values: readonly string[] = [], allowed: readonly string[], field: string): Cause[] {
  return values.flatMap((value, index) =>
    allowed.includes(value) ? [] : [notSupported(`${field}[${index}]`, oneOf(value, allowed))],
  );
}

const familyNames = (families: readonly QatDeviceFamily[]): string[] => families.map(({ family }) => family);

function selectorWarnings(
  { pciHostDevices = [] }: PermittedHostDevices,
  families: readonly QatDeviceFamily[],
): string[] {
  return pciHostDevices.flatMap(({ pciVendorSelector, resourceName }, index) => {
    const field = `${root}.pciHostDevices[${index}]`;
    const id = pciVendorSelector.toLowerCase();
    const warnings: string[] = [];
    if (!/^[0-9a-f]{4}:[0-9a-f]{4}$/.test(id)) {
      warnings.push(
        `${field}.pciVendorSelector: ${quoted(pciVendorSelector)} matches nothing; write vendor:device, as in 8086:4941`,
      );
    }
    if (!resourceNamePattern.test(resourceName)) {
      warnings.push(
        `${field}.resourceName: the kubelet refuses ${quoted(resourceName)}; write domain/name, as in example.org/gpu`,
      );
    }
    const card = families.find(
      ({ physicalFunction, virtualFunctions }) => physicalFunction === id && !virtualFunctions.includes(id),
    );
    if (card) {
      const [guest] = card.virtualFunctions;
      warnings.push(
        `${field}.pciVendorSelector: ${pciVendorSelector} is the whole ${card.family} card, which then has no virtual functions; a guest's share of it is ${guest}`,
      );
    }
    return warnings;
  });
}

/** A rule without any condition matches all cards: what comes after it never counts. */
function unreachableRules(rules: readonly QatPhysicalFunctionRule[]): string[] {
  const all = rules.findIndex(
    ({ nodeSelector, generations, families, addresses }) =>
      Object.keys(nodeSelector ?? {}).length === 0 && !generations && !families && !addresses,
  );
  if (all === -1 || all === rules.length - 1) return [];
  return [`${root}.qat.physicalFunctions[${all}] matches every card, so the rules after it never count: put it last`];
}
