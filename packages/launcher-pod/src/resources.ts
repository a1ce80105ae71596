import {
  addQuantities,
  formatQuantity,
  matchesSelector,
  type Quantity,
  quantityOf,
  tryParseQuantity,
  wholeUnits,
} from '@quickvirt/api';
import { isPermittedHostDevice } from '@quickvirt/config';
import { type Context, RenderError } from './context.ts';
import { guestMemoryBytes, memoryOverheadBytes, restartHeadroomBytes, usesVfio } from './memory-overhead.ts';

/** Requests, limits and claims of the compute container. */
export interface ComputeResources {
  requests: Record<string, string>;
  limits: Record<string, string>;
  claims?: { name: string; request?: string }[];
}

/** Room on the node's disk for logs, beside what volumes ask for. */
const ephemeralStorage = '50M';

/** What the compute container asks of the node: CPU, memory, huge pages, devices. */
export function computeResources(context: Context): ComputeResources {
  const own = context.vmi.spec.domain.resources ?? {};
  const requests: Record<string, string> = texts(own.requests);
  const limits: Record<string, string> = texts(own.limits);
  delete requests['memory'];
  delete limits['memory'];
  setMemory(context, requests, limits);
  setCpu(context, requests, limits);
  setDevices(context, requests, limits);
  requests['ephemeral-storage'] = addedTo(requests['ephemeral-storage'], ephemeralStorage);
  if (limits['ephemeral-storage'] !== undefined) {
    limits['ephemeral-storage'] = addedTo(limits['ephemeral-storage'], ephemeralStorage);
  }
  const claims = deviceClaims(context);
  return claims.length > 0 ? { requests, limits, claims } : { requests, limits };
}

const texts = (quantities: Record<string, Quantity> = {}): Record<string, string> =>
  Object.fromEntries(Object.entries(quantities).map(([name, quantity]) => [name, String(quantity)]));

const addedTo = (quantity: string | undefined, more: string): string =>
  quantity === undefined ? more : formatQuantity(addQuantities(quantity, more));

/** Guest RAM (less what the cluster overcommits), plus the overhead; huge pages are a resource of their own. */
function setMemory(context: Context, requests: Record<string, string>, limits: Record<string, string>): void {
  const { vmi, config, dedicatedCpus } = context;
  const { memory, resources } = vmi.spec.domain;
  const guest = guestMemoryBytes(context);
  const overhead = memoryOverheadBytes(context);
  const withinRequest = resources?.overcommitGuestOverhead === true ? 0n : overhead;
  // Requests and limits of a Guaranteed pod are equal, and a request says what a guest needs all the time.
  const headroom = isGuaranteed(context) ? 0n : restartHeadroomBytes(context);
  const pageSize = memory?.hugepages?.pageSize;
  const stated = tryParseQuantity(resources?.requests?.['memory']);
  const limit = tryParseQuantity(resources?.limits?.['memory']);
  if (pageSize !== undefined) {
    requests[`hugepages-${pageSize}`] = limits[`hugepages-${pageSize}`] = formatQuantity(quantityOf(guest));
    const beyondPages = (text: ReturnType<typeof tryParseQuantity>) => {
      const bytes = text === undefined ? 0n : wholeUnits(text) - guest;
      return bytes > 0n ? bytes : 0n;
    };
    requests['memory'] = formatQuantity(quantityOf(beyondPages(stated) + overhead));
    if (limit !== undefined) limits['memory'] = formatQuantity(quantityOf(beyondPages(limit) + overhead + headroom));
  } else {
    const overcommitted = (guest * 100n) / BigInt(config.developer.memoryOvercommitPercent);
    const asked = stated !== undefined ? wholeUnits(stated) : limit !== undefined ? wholeUnits(limit) : overcommitted;
    // A device may write to any page, so that all of them are pinned at the start: none can be lent to others.
    const pinned = usesVfio(context) && (limit === undefined || wholeUnits(limit) >= guest);
    const request = pinned && asked < guest ? guest : asked;
    requests['memory'] = formatQuantity(quantityOf(request + withinRequest));
    if (limit !== undefined) limits['memory'] = formatQuantity(quantityOf(wholeUnits(limit) + overhead + headroom));
    else if (context.options.memoryQuota === true) limits['memory'] = doubled(requests['memory']);
  }
  // Guaranteed pods, which alone get CPUs of their own, have equal requests and limits.
  if (dedicatedCpus) limits['memory'] = requests['memory'];
}

/** Whether the pod must be Guaranteed: it has CPUs of its own, or the VMI's requests are its limits. */
export function isGuaranteed({ dedicatedCpus, vmi }: Context): boolean {
  const { requests, limits } = vmi.spec.domain.resources ?? {};
  return (
    dedicatedCpus ||
    ['cpu', 'memory'].every((name) => limits?.[name] !== undefined && String(limits[name]) === String(requests?.[name]))
  );
}

/** Room for bursts where a quota forces a limit on everyone. */
const doubled = (quantity: string): string => formatQuantity(quantityOf(wholeUnits(quantity) * 2n));

function setCpu(context: Context, requests: Record<string, string>, limits: Record<string, string>): void {
  const { vcpus, dedicatedCpus, config, vmi } = context;
  if (dedicatedCpus) {
    const stated = requests['cpu'] ?? limits['cpu'];
    const vcpuCpus =
      vmi.spec.domain.cpu?.cores === undefined && stated !== undefined ? wholeUnits(stated) : BigInt(vcpus);
    const cpus = vcpuCpus + emulatorCpus(context);
    requests['cpu'] = limits['cpu'] = String(cpus);
    return;
  }
  if (requests['cpu'] === undefined) {
    // A share of a CPU for each vCPU; admission has put the cluster's own request into the VMI where one is set.
    requests['cpu'] = limits['cpu'] ?? `${Math.floor((vcpus * 1000) / config.developer.cpuAllocationRatio)}m`;
  }
  if (limits['cpu'] === undefined && limitsCpu(context)) limits['cpu'] = String(vcpus);
}

/** CPUs for the emulator's own threads, when they are kept apart from the guest's. */
function emulatorCpus({ vmi, vcpus, config }: Context): bigint {
  if (vmi.spec.domain.cpu?.isolateEmulatorThread !== true) return 0n;
  return config.emulatorThreadCompleteToEvenParity && vcpus % 2 === 0 ? 2n : 1n;
}

/** A limit of one CPU a vCPU where a quota demands one, or the namespace is selected in the KubeVirt CR. */
export function limitsCpu({ options, config }: Context): boolean {
  const selector = config.autoCpuLimitNamespaceLabelSelector;
  return (
    options.cpuQuota === true || (selector !== undefined && matchesSelector(selector, options.namespaceLabels ?? {}))
  );
}

/** Extended resources that virt-handler's and others' device plugins serve. */
function setDevices(context: Context, requests: Record<string, string>, limits: Record<string, string>): void {
  const { emulated, interfaces, vmi } = context;
  const { devices, launchSecurity } = vmi.spec.domain;
  if (!emulated) limits['devices.kubevirt.io/kvm'] = '1';
  if (interfaces.some((one) => one.sriov === undefined)) limits['devices.kubevirt.io/tun'] = '1';
  if (!emulated && interfaces.some(({ model, sriov }) => sriov === undefined && (model ?? 'virtio') === 'virtio')) {
    limits['devices.kubevirt.io/vhost-net'] = '1';
  }
  if (devices.autoattachVSOCK === true) limits['devices.kubevirt.io/vhost-vsock'] = '1';
  const both = (name: string, count = 1) => {
    const sum = Number(limits[name] ?? 0) + count;
    requests[name] = limits[name] = String(sum);
  };
  if (launchSecurity?.sev !== undefined || launchSecurity?.snp !== undefined) both('devices.kubevirt.io/sev');
  if (launchSecurity?.tdx !== undefined) both('devices.kubevirt.io/tdx');
  if ((devices.disks ?? []).some(({ lun }) => lun?.reservation === true)) both('devices.kubevirt.io/pr-helper');
  for (const resource of attachmentResources(context)) both(resource);
  for (const { name, deviceName } of [...(devices.gpus ?? []), ...(devices.hostDevices ?? [])]) {
    if (!deviceName) continue;
    if (!isPermittedHostDevice(context.config, deviceName)) {
      throw new RenderError(
        `spec.domain.devices (${name})`,
        `device ${JSON.stringify(deviceName)} is not in spec.configuration.permittedHostDevices of the KubeVirt CR`,
      );
    }
    both(deviceName);
  }
}

/** Annotation of a NetworkAttachmentDefinition: the extended resource that its device plugin serves. */
const attachmentResource = 'k8s.v1.cni.cncf.io/resourceName';

/** Devices of network attachments, unless the cluster's network resources injector adds them itself. */
function attachmentResources({ vmi, namespace, config, options }: Context): string[] {
  if (config.featureGates.includes('ExternalNetResourceInjection')) return [];
  return (vmi.spec.networks ?? []).flatMap(({ multus }) => {
    if (multus === undefined) return [];
    const key = multus.networkName.includes('/') ? multus.networkName : `${namespace}/${multus.networkName}`;
    return options.networkAttachments?.[key]?.annotations?.[attachmentResource] ?? [];
  });
}

/** Devices of DRA claims, for devices and for networks. */
function deviceClaims({ vmi }: Context): { name: string; request?: string }[] {
  const { gpus, hostDevices } = vmi.spec.domain.devices;
  const networks = (vmi.spec.networks ?? []).flatMap(({ resourceClaim }) => resourceClaim ?? []);
  return [...(gpus ?? []), ...(hostDevices ?? []), ...networks].flatMap(({ claimName, requestName }) =>
    claimName === undefined ? [] : [{ name: claimName, request: requestName }],
  );
}
