/** Why a case may differ from the reference. Every rule is a row of adr/0006 or adr/0007. */
export interface DifferenceRule {
  /** What we do, and why. */
  reason: string;
  /**
   * Matches the whole of a difference as `describeDifference` writes it: for domains `-` and a fact that only the reference
   * has or `+` and one that only ours has, for the rest the path.
   */
  pattern: RegExp;
  /** The cases that it is about; absent means that it holds everywhere. */
  cases?: readonly string[];
}

const imageVolumesOnly: DifferenceRule = {
  reason: 'without the gate ImageVolume a containerDisk or kernel image is refused, by field',
  pattern: /^error$/,
  cases: ['cfg-off-typical', 'fw-kernelboot-sidecar', 'vol-cd-sidecar'].flatMap((name) => [name, `migpod-${name}`]),
};

/** Of every pod. */
const commonPodRules: readonly DifferenceRule[] = [
  {
    reason: 'seccomp RuntimeDefault where the KubeVirt CR names no profile',
    pattern: /^spec\.securityContext\.seccompProfile$/,
  },
  { reason: 'read-only root file system', pattern: /^\w+\.securityContext\.readOnlyRootFilesystem$/ },
  imageVolumesOnly,
];

const podRules: readonly DifferenceRule[] = [
  ...commonPodRules,
  {
    reason:
      'only VMIs that ask to be migrated have containers that look the digests of their images up: they delay the start',
    pattern: /^(initContainers\[\d+\]|volumes\.launcher-volume)$/,
  },
  {
    reason: 'the API server refuses the label `pr.kubevirt.io/`: it has no name',
    pattern: /^spec\.affinity\.podAntiAffinity\..*\.pr\.kubevirt\.io\/(persistent-reservation)?$/,
    cases: ['lun-reservation'],
  },
];

const extraPodRules: readonly DifferenceRule[] = [
  ...commonPodRules,
  {
    reason: 'attachment pods talk to nobody: no service account token, no service variables',
    pattern: /^spec\.(automountServiceAccountToken|enableServiceLinks)$/,
  },
];

const disk = String.raw`domain\/devices\[ua-[\w.-]+\]\/disk`;

/** Writes `disk` for the path of any disk. */
const ofDisk = (pattern: string): RegExp => new RegExp(pattern.replaceAll('disk', disk));

const domainRules: readonly DifferenceRule[] = [
  {
    reason: "no empty bios, baseBoard and chassis: libvirt's schema refuses them",
    pattern: /^- domain\/sysinfo\/(bios|baseBoard|chassis)$/,
  },
  {
    reason: "no size of the claim and no volume name on a source: libvirt's schema refuses them",
    pattern: ofDisk('^- disk/(capacity=\\d+|source@name=[\\w.-]+)$'),
  },
  {
    reason: "a shared directory is written as libvirt's schema has it",
    pattern:
      /^([-] domain\/devices\[mount(\.\d+)?\]\/filesystem(@accessMode=passthrough|\/source@dir=)|\+ domain\/devices\[mount(\.\d+)?\]\/filesystem@accessmode=passthrough)$/,
  },
  {
    reason: "a node's PCI address has no type, and a host device has its mode: libvirt's schema",
    pattern:
      /^(- domain\/devices\[ua-[\w-]+\]\/hostdev\/source\/address@type=pci|\+ domain\/devices\[ua-[\w-]+\]\/hostdev@mode=subsystem)$/,
  },
  {
    reason: 'a host device names its driver, so that a device that cannot be opened fails with its own errno',
    pattern: /^\+ domain\/devices\[ua-[\w-]+\]\/hostdev\/driver@name=vfio$/,
  },
  { reason: "a clock has an offset: libvirt's schema", pattern: /^\+ domain\/clock@offset=utc$/ },
  {
    reason: "cache='unsafe' for disks that die with the pod",
    pattern: ofDisk('^(- disk/driver@cache=none|\\+ disk/driver@cache=unsafe)$'),
  },
  {
    reason: 'the translation buffer of emulated guests is bounded',
    pattern: /^\+ domain\/features\/tcg\/tb-cache=33554432$/,
  },
  {
    reason: 'libvirt 9.0 plugs memory into slots of NUMA cells only',
    pattern:
      /^(- domain\/maxMemory@slots=0|\+ domain\/maxMemory@slots=1|\+ domain\/cpu\/numa\/cell@(id|cpus|memory|unit)=[-\w]+)$/,
  },
  {
    reason: 'libvirt 9.0 has no migration of SCSI reservations',
    pattern: ofDisk('^- disk/source/reservations@migration=yes$'),
  },
  {
    reason: 'libvirt 9.0 runs passt itself, not over vhost-user',
    pattern:
      /^(- domain\/devices\[ua-\w+\]\/interface@type=vhostuser|\+ domain\/devices\[ua-\w+\]\/interface@type=user)$/,
  },
  {
    reason: 'own places of files inside the launcher pod',
    pattern:
      /^[-+] domain\/(os\/nvram@template=\S+|devices\[ua-\w+\]\/interface\/backend@logFile=\S+\/passt\.log|qemu:commandline\[\.1\]\/qemu:arg@value=name=opt\/com\.coreos\/config,file=\S+)$/,
  },
  {
    reason: 'more than 255 vCPUs need interrupt remapping: libvirt refuses the domain without',
    pattern:
      /^\+ domain\/(features\/ioapic@driver=qemu|devices\/iommu@model=intel|devices\/iommu\/driver@(intremap|eim)=on)$/,
  },
  {
    reason: 'a guest never starts without a device that it asks for: none was allocated or permitted',
    pattern: /^rendered$/,
    cases: ['chk-dev-gpu-gate', 'dra-gpu'],
  },
  {
    reason: 'a disk whose volume the status does not list is in the domain: the pod mounts it',
    pattern: ofDisk('^\\+ disk.*$'),
    cases: [
      'cfg-emul-typical',
      'cfg-off-typical',
      'cfg-tuned-typical',
      'cpu-dedicated-iothreads',
      'emul-disks',
      'vol-mixed-all',
      'vol-undisked-gets-disk',
    ],
  },
  {
    reason: 'a hot-pluggable claim is never in the launcher pod: it is plugged in once its attachment pod has it',
    pattern: ofDisk('^- disk.*$'),
    cases: ['vol-pvc-hotpluggable'],
  },
];

/** By area. */
export const renderingRules: Readonly<Record<string, readonly DifferenceRule[]>> = {
  pod: podRules,
  extrapod: extraPodRules,
  domain: domainRules,
  vm2vmi: [
    {
      reason: "a migration's receiver carries kubevirt.io/create-migration-target from the start",
      pattern: /^metadata\.annotations\.kubevirt\.io\/create-migration-target$/,
    },
  ],
};

/** A difference as the comparison gives it: path, the reference's value, ours. */
export type Difference = readonly [path: string, reference: unknown, ours: unknown];

/** The text that patterns match: of a domain the fact that one side alone has, of the rest the path. */
export function describeDifference([path, reference, ours]: Difference): string {
  if (path !== 'domain') return path;
  return typeof reference === 'string' ? `- ${reference}` : `+ ${typeof ours === 'string' ? ours : ''}`;
}

/** The rules of a case that cover a difference; none means that it is not expected. */
export function rulesFor(area: string, name: string, difference: Difference): DifferenceRule[] {
  const text = describeDifference(difference);
  return (renderingRules[area] ?? []).filter(
    ({ pattern, cases }) => (cases === undefined || cases.includes(name)) && pattern.test(text),
  );
}
