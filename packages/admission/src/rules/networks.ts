import type { Interface, Network, VirtualMachineInstanceSpec } from '@quickvirt/api';
import { featureGateEnabled } from '@quickvirt/config';
import { duplicate, invalid, notSupported, oneOf, quoted, required, type Cause } from '../cause.ts';
import { macAddressPattern } from './mac-address.ts';
import { pciAddressPattern } from './pci-address.ts';
import { isIpv4Address } from './placement.ts';
import { portRules } from './ports.ts';
import type { RuleContext, SpecRule } from './rule.ts';

const models = ['virtio', 'e1000', 'e1000e', 'igb', 'ne2k_pci', 'pcnet', 'rtl8139'];
const states = ['up', 'down', 'absent'];
/** The bridge in the pod answers with this address (KubeVirt's in-pod bridge). */
const bridgeMacAddress = '02:00:00:00:00:00';
/** RFC 3942: site-specific DHCP options. */
const privateOptions = { first: 224, last: 254 };

const bindings = ['bridge', 'masquerade', 'sriov', 'passtBinding', 'binding'] as const;
/** Bindings that KubeVirt took out: since when, and what stands in. */
const discontinued = [
  ['slirp', 'Slirp'],
  ['macvtap', 'Macvtap'],
  ['passt', 'Passt'],
] as const;

/** Networks by themselves: a type each, one pod network, one default. */
export const networkRules: SpecRule = (spec, path) => {
  const networks = spec.networks ?? [];
  const causes: Cause[] = [];
  const names = new Set<string>();
  networks.forEach((network, index) => {
    const field = `${path}.networks[${index}]`;
    if (names.has(network.name))
      causes.push(duplicate(`${field}.name`, `network ${quoted(network.name)} is listed twice`));
    names.add(network.name);
    const types = [network.pod, network.multus, network.resourceClaim].filter(
      (type) => type !== undefined && type !== null,
    ).length;
    if (types === 0) causes.push(required(field, `network ${quoted(network.name)} needs a type: pod or multus`));
    if (types > 1) causes.push(invalid(field, `network ${quoted(network.name)} has ${types} types; keep one`));
    if (network.multus && !network.multus.networkName)
      causes.push(required(`${path}.networks`, `network ${quoted(network.name)} needs multus.networkName`));
  });
  const pods = networks.filter((network) => network.pod);
  const defaults = networks.filter((network) => network.multus?.default);
  if (pods.length > 1) causes.push(duplicate(`${path}.interfaces`, `${pods.length} pod networks; a pod has one`));
  if (defaults.length > 1)
    causes.push(invalid(`${path}.networks`, `${defaults.length} multus networks are the default one; one can be`));
  if (defaults.length > 0 && pods.length > 0)
    causes.push(
      invalid(
        `${path}.networks`,
        'a multus network that is the default one takes the place of the pod network; drop one of them',
      ),
    );
  return causes;
};

/** Interfaces by themselves and against their networks. */
export const interfaceRules: SpecRule = (spec, path, context) => {
  const interfaces = spec.domain.devices.interfaces ?? [];
  const networks = new Map((spec.networks ?? []).map((network) => [network.name, network]));
  const bootOrders = bootOrdersOfDisks(spec);
  const seen = new Set<string>();
  const causes: Cause[] = [];
  interfaces.forEach((iface, index) => {
    const field = `${path}.domain.devices.interfaces[${index}]`;
    const network = networks.get(iface.name);
    if (!network)
      causes.push(
        invalid(
          `${field}.name`,
          `there is no network ${quoted(iface.name)} for this interface; add it to ${path}.networks`,
        ),
      );
    if (seen.has(iface.name))
      causes.push(
        duplicate(`${field}.name`, `network ${quoted(iface.name)} has an interface already; each network takes one`),
      );
    seen.add(iface.name);
    if (!/^[A-Za-z0-9_-]+$/.test(iface.name))
      causes.push(
        invalid(`${field}.name`, `${quoted(iface.name)}: an interface's name has letters, digits, "-" and "_" only`),
      );
    causes.push(
      ...bindingRules(iface, network, spec, field, context),
      ...hardwareRules(iface, field),
      ...stateRules(iface, network, field),
    );
    causes.push(...portRules(iface, field, context), ...dhcpRules(iface, path));
    if (iface.bootOrder !== undefined) {
      if (iface.bootOrder < 1)
        causes.push(invalid(`${field}.bootOrder`, `a boot order starts at 1, not ${iface.bootOrder}`));
      if (bootOrders.has(iface.bootOrder))
        causes.push(invalid(`${field}.bootOrder`, `boot order ${iface.bootOrder} belongs to another device`));
      bootOrders.add(iface.bootOrder);
    }
  });
  const shown = new Set(interfaces.map((iface) => iface.name));
  (spec.networks ?? []).forEach((network, index) => {
    if (!shown.has(network.name))
      causes.push(
        required(
          `${path}.networks[${index}].name`,
          `there is no interface ${quoted(network.name)} for this network; add it to ${path}.domain.devices.interfaces`,
        ),
      );
  });
  return causes;
};

function bootOrdersOfDisks(spec: VirtualMachineInstanceSpec): Set<number> {
  return new Set(
    (spec.domain.devices.disks ?? []).flatMap((disk) => (disk.bootOrder === undefined ? [] : [disk.bootOrder])),
  );
}

function bindingRules(
  iface: Interface,
  network: Network | undefined,
  spec: VirtualMachineInstanceSpec,
  field: string,
  { config }: RuleContext,
): Cause[] {
  const causes: Cause[] = [];
  for (const [key, name] of discontinued) {
    if (iface[key] !== undefined)
      causes.push(
        invalid(
          `${field}.${key}`,
          `the ${name} binding is gone from the API; use masquerade, bridge or a binding plugin`,
        ),
      );
  }
  const set = bindings.filter((binding) => iface[binding] !== undefined && iface[binding] !== null);
  if (set.length !== 1)
    causes.push(
      invalid(
        field,
        `interface ${quoted(iface.name)} needs exactly one binding; it has ${set.length === 0 ? 'none' : set.join(' and ')}`,
      ),
    );
  if (iface.masquerade && network && !network.pod)
    causes.push(
      invalid(
        `${field}.name`,
        `masquerade works on the pod network only; ${quoted(iface.name)} is another one, use bridge`,
      ),
    );
  if (iface.masquerade && iface.macAddress?.toLowerCase() === bridgeMacAddress) {
    causes.push(
      invalid(`${field}.macAddress`, `${bridgeMacAddress} is the address of the bridge in the pod; choose another`),
    );
  }
  if (iface.bridge && network?.pod && !config.network.permitBridgeInterfaceOnPodNetwork) {
    causes.push(
      invalid(
        `${field}.name`,
        'the bridge binding on the pod network is switched off in the KubeVirt object; use masquerade',
      ),
    );
  }
  if (iface.passtBinding && !featureGateEnabled(config, 'PasstBinding'))
    causes.push(
      invalid(`${field}.passtBinding`, 'the passt binding needs the feature gate PasstBinding in the KubeVirt object'),
    );
  if (iface.passtBinding && network && !network.pod)
    causes.push(invalid(`${field}.passtBinding`, 'the passt binding works on the pod network only'));
  if (iface.binding?.name && !(iface.binding.name in config.network.bindings)) {
    causes.push(
      invalid(
        field,
        `binding plugin ${quoted(iface.binding.name)} is not registered in the KubeVirt object (spec.configuration.network.binding)`,
      ),
    );
  }
  if (spec.domain.devices.autoattachPodInterface === false && iface.masquerade && !network) return causes;
  return causes;
}

function hardwareRules(iface: Interface, field: string): Cause[] {
  const causes: Cause[] = [];
  if (iface.model && !models.includes(iface.model))
    causes.push(notSupported(`${field}.model`, `model ${oneOf(iface.model, models)}`));
  if (iface.macAddress && !macAddressPattern.test(iface.macAddress)) {
    causes.push(
      invalid(`${field}.macAddress`, `${quoted(iface.macAddress)} is no MAC address; write it as 02:00:00:00:00:01`),
    );
  }
  if (iface.pciAddress && !pciAddressPattern.test(iface.pciAddress)) {
    causes.push(
      invalid(`${field}.pciAddress`, `${quoted(iface.pciAddress)} is no PCI address; write it as 0000:81:01.0`),
    );
  }
  return causes;
}

function stateRules(iface: Interface, network: Network | undefined, field: string): Cause[] {
  const { state } = iface;
  if (!state) return [];
  const stateField = `${field}.state`;
  if (!states.includes(state)) return [invalid(stateField, `state ${oneOf(state, states)}`)];
  if (iface.sriov && state !== 'absent')
    return [invalid(stateField, 'the link of an SR-IOV interface cannot be set from outside the guest')];
  if (state !== 'absent') return [];
  if (!iface.bridge && !iface.binding && !iface.sriov)
    return [invalid(stateField, 'only an interface with the bridge binding can be taken out of a running VM')];
  if (network?.pod || network?.multus?.default)
    return [invalid(stateField, "the pod's default network cannot be taken out of a VM")];
  return [];
}

function dhcpRules(iface: Interface, path: string): Cause[] {
  const options = iface.dhcpOptions;
  if (!options) return [];
  const causes: Cause[] = [];
  const seen = new Set<number>();
  for (const { option } of options.privateOptions ?? []) {
    if (option < privateOptions.first || option > privateOptions.last) {
      causes.push(
        invalid(
          path,
          `DHCP option ${option}: private options are ${privateOptions.first} to ${privateOptions.last} (RFC 3942)`,
        ),
      );
    }
    if (seen.has(option)) causes.push(invalid(path, `DHCP option ${option} is given twice`));
    seen.add(option);
  }
  for (const server of options.ntpServers ?? []) {
    if (!isIpv4Address(server)) causes.push(invalid(path, `NTP server ${quoted(server)} is no IPv4 address`));
  }
  return causes;
}
