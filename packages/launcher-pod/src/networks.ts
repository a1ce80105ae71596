import type { Interface, Network } from '@quickvirt/api';
import type { Context } from './context.ts';
import { podInterfaceName } from './names.ts';

/** Annotations by which Multus and Istio set up the pod's network. */
export function networkAnnotations(context: Context): Record<string, string> {
  const networks = context.vmi.spec.networks ?? [];
  const attachments = multusAttachments(context, networks);
  const defaultNetwork = networks.find(({ multus }) => multus?.default === true)?.multus?.networkName;
  return {
    ...(attachments.length > 0 ? { 'k8s.v1.cni.cncf.io/networks': JSON.stringify(attachments) } : {}),
    ...(defaultNetwork === undefined ? {} : { 'v1.multus-cni.io/default-network': defaultNetwork }),
    ...istio(context, networks),
  };
}

interface Attachment {
  name: string;
  namespace: string;
  mac?: string;
  interface?: string;
  'cni-args'?: Record<string, string>;
}

/** Keys come in the order in which Multus prints them: users and tests compare the text. */
function multusAttachments(context: Context, networks: Network[]): Attachment[] {
  return networks.flatMap((network) => {
    const networkInterface = context.interfaces.find(({ name }) => name === network.name);
    if (networkInterface === undefined) return [];
    return [...secondary(context, network, networkInterface), ...bindingPlugin(context, network, networkInterface)];
  });
}

function secondary({ namespace }: Context, { name, multus }: Network, { macAddress }: Interface): Attachment[] {
  if (multus === undefined || multus.default === true) return [];
  return [
    {
      ...namespaced(multus.networkName, namespace),
      ...(macAddress ? { mac: macAddress } : {}),
      interface: podInterfaceName(name),
    },
  ];
}

/** A binding plugin may have a network attachment of its own, told which logical network it serves. */
function bindingPlugin({ config, namespace }: Context, { name }: Network, { binding }: Interface): Attachment[] {
  const attachment = binding && config.network.bindings[binding.name]?.networkAttachmentDefinition;
  if (!attachment) return [];
  return [{ ...namespaced(attachment, namespace), 'cni-args': { logicNetworkName: name } }];
}

function namespaced(reference: string, namespace: string): { name: string; namespace: string } {
  const [first = '', second] = reference.split('/');
  return second === undefined ? { name: first, namespace } : { name: second, namespace: first };
}

/** Istio must treat what comes out of the guest's bridge as outbound traffic. */
function istio({ interfaces }: Context, networks: Network[]): Record<string, string> {
  const primary = networks.find(({ pod }) => pod !== undefined);
  const masquerade = interfaces.some(({ name, masquerade }) => masquerade !== undefined && name === primary?.name);
  if (!masquerade) return {};
  const bridge = 'k6t-eth0';
  return {
    'traffic.sidecar.istio.io/kubevirtInterfaces': bridge,
    'istio.io/reroute-virtual-interfaces': bridge,
  };
}
