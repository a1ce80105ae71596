import type {
  CloudInitConfigDriveSource,
  CloudInitNoCloudSource,
  HostDisk,
  Volume,
  VirtualMachineInstanceSpec,
} from '@quickvirt/api';
import { featureGateEnabled } from '@quickvirt/config';
import { invalid, notFound, oneOf, quoted, required, type Cause } from '../cause.ts';
import { dnsLabelProblem } from './names.ts';
import type { RuleContext, SpecRule } from './rule.ts';

/** cloud-init data inside the object; larger data belongs in a Secret. KubeVirt's limit. */
const cloudInitMaxBytes = 2048;
const hostDiskTypes = ['Disk', 'DiskOrCreate'];

/** Each volume by itself, unique names, and what may be there once only. */
export const volumeRules: SpecRule = (spec, path, context) => {
  const volumes = spec.volumes ?? [];
  const list = `${path}.volumes`;
  const firstByName = new Map<string, number>();
  const shown = new Set((spec.domain.devices.disks ?? []).map(({ name }) => name));
  const causes = volumes.flatMap((volume, index) => {
    const field = `${list}[${index}]`;
    const found: Cause[] = [];
    const first = firstByName.get(volume.name);
    if (first === undefined) firstByName.set(volume.name, index);
    else
      found.push(
        invalid(
          `${field}.name`,
          `${list}[${first}] and ${field} have the same name ${quoted(volume.name)}; give each volume a name of its own`,
        ),
      );
    const nameProblem = dnsLabelProblem(volume.name);
    // The disk of that name says it already.
    if (nameProblem && !shown.has(volume.name)) found.push(invalid(`${field}.name`, `volume name ${nameProblem}`));
    return [...found, ...sourceRules(volume, field, context)];
  });
  for (const [source, what] of [
    ['serviceAccount', 'service account'],
    ['downwardMetrics', 'downward metrics'],
    ['memoryDump', 'memory dump'],
  ] as const) {
    const count = volumes.filter((volume) => volume[source]).length;
    if (count > 1) causes.push(invalid(list, `there are ${count} ${what} volumes; one is the most a VM can have`));
  }
  if (spec.utilityVolumes?.length)
    causes.push(
      invalid(`${path}.utilityVolumes`, 'utility volumes are added to a running VM; none can be there at create'),
    );
  return causes;
};

/** The names of the sources that a volume has. */
function sourcesOf(volume: Volume): string[] {
  return Object.entries(volume)
    .filter(([key, value]) => key !== 'name' && value !== undefined && value !== null)
    .map(([key]) => key);
}

function sourceRules(volume: Volume, field: string, context: RuleContext): Cause[] {
  const sources = sourcesOf(volume);
  if (sources.length !== 1) {
    const got = sources.length === 0 ? 'none' : sources.join(' and ');
    return [invalid(field, `volume ${quoted(volume.name)} must have exactly one source; it has ${got}`)];
  }
  return [
    ...cloudInitRules(volume.cloudInitNoCloud, `${field}.cloudInitNoCloud`),
    ...cloudInitRules(volume.cloudInitConfigDrive, `${field}.cloudInitConfigDrive`),
    ...claimRules(volume, field),
    ...nameRules(volume, field),
    ...hostDiskRules(volume.hostDisk, field, context),
    ...gateRules(volume, field, context),
    ...containerDiskRules(volume, field),
  ];
}

function claimRules(volume: Volume, field: string): Cause[] {
  if (volume.dataVolume && !volume.dataVolume.name) return [required(`${field}.name`, 'the DataVolume needs a name')];
  if (volume.persistentVolumeClaim && !volume.persistentVolumeClaim.claimName) {
    return [
      required(`${field}.persistentVolumeClaim.claimName`, 'the PersistentVolumeClaim needs a name in claimName'),
    ];
  }
  return [];
}

function nameRules(volume: Volume, field: string): Cause[] {
  const named: [string, string | undefined, boolean][] = [
    ['configMap.name', volume.configMap?.name, volume.configMap !== undefined],
    ['secret.secretName', volume.secret?.secretName, volume.secret !== undefined],
    [
      'serviceAccount.serviceAccountName',
      volume.serviceAccount?.serviceAccountName,
      volume.serviceAccount !== undefined,
    ],
  ];
  return named
    .filter(([, name, present]) => present && !name)
    .map(([suffix]) => invalid(`${field}.${suffix}`, `volume ${quoted(volume.name)} needs ${suffix}`));
}

function hostDiskRules(hostDisk: HostDisk | undefined, field: string, { config }: RuleContext): Cause[] {
  if (!hostDisk) return [];
  if (!featureGateEnabled(config, 'HostDisk'))
    return [invalid(field, 'host disks need the feature gate HostDisk in the KubeVirt object')];
  const causes: Cause[] = [];
  if (!hostDisk.path)
    causes.push(notFound(`${field}.hostDisk.path`, 'a host disk needs the path of its image on the node'));
  if (!hostDiskTypes.includes(hostDisk.type))
    causes.push(invalid(`${field}.hostDisk.type`, `type ${oneOf(hostDisk.type, hostDiskTypes)}`));
  if (hostDisk.type !== 'DiskOrCreate' && hostDisk.capacity !== undefined) {
    causes.push(
      invalid(`${field}.hostDisk.capacity`, 'a capacity is for type DiskOrCreate only; a disk that exists has its own'),
    );
  }
  return causes;
}

function gateRules(volume: Volume, field: string, { config }: RuleContext): Cause[] {
  if (volume.downwardMetrics && !featureGateEnabled(config, 'DownwardMetrics')) {
    return [invalid(field, 'downward metrics need the feature gate DownwardMetrics in the KubeVirt object')];
  }
  if (volume.containerPath) {
    if (!featureGateEnabled(config, 'ContainerPathVolumes'))
      return [invalid(field, 'container paths need the feature gate ContainerPathVolumes in the KubeVirt object')];
    return absolutePathProblem(volume.containerPath.path).map((problem) =>
      invalid(`${field}.containerPath.path`, problem),
    );
  }
  return [];
}

function containerDiskRules({ containerDisk }: Volume, field: string): Cause[] {
  if (!containerDisk) return [];
  const causes: Cause[] = [];
  if (!containerDisk.image) causes.push(required(`${field}.containerDisk.image`, 'a containerDisk needs an image'));
  if (containerDisk.path)
    causes.push(
      ...absolutePathProblem(containerDisk.path).map((problem) => invalid(`${field}.containerDisk`, problem)),
    );
  return causes;
}

/** What is wrong with a path that must be absolute and not the root; at most one sentence. */
export function absolutePathProblem(path: string): string[] {
  if (!path.startsWith('/')) return [`${quoted(path)} must be an absolute path`];
  if (path.split('/').every((part) => part === '' || part === '.'))
    return [`${quoted(path)} is the root; name a file or folder below it`];
  if (path.split('/').includes('..')) return [`${quoted(path)} must not go up with ".."`];
  return [];
}

function cloudInitRules(
  source: CloudInitNoCloudSource | CloudInitConfigDriveSource | undefined,
  field: string,
): Cause[] {
  if (!source) return [];
  const causes: Cause[] = [];
  const user = [source.userData, source.userDataBase64, source.secretRef].filter(Boolean).length;
  const network = [source.networkData, source.networkDataBase64, source.networkDataSecretRef].filter(Boolean).length;
  if (user > 1)
    causes.push(invalid(field, 'user data is given more than once; keep one of userData, userDataBase64, secretRef'));
  if (network > 1)
    causes.push(
      invalid(
        field,
        'network data is given more than once; keep one of networkData, networkDataBase64, networkDataSecretRef',
      ),
    );
  if (user === 0 && network === 0)
    causes.push(
      invalid(
        field,
        'a seed needs user data or network data; set userData, userDataBase64, secretRef or their network siblings',
      ),
    );
  for (const [kind, plain, encoded] of [
    ['userData', source.userData, source.userDataBase64],
    ['networkData', source.networkData, source.networkDataBase64],
  ] as const) {
    if (encoded && !isBase64(encoded)) {
      causes.push(invalid(`${field}.${kind}Base64`, `${kind}Base64 is not base64`));
      continue;
    }
    const bytes = encoded ? base64Bytes(encoded) : utf8Bytes(plain ?? '');
    if (bytes > cloudInitMaxBytes)
      causes.push(
        invalid(
          field,
          `${kind} has ${bytes} bytes and ${cloudInitMaxBytes} is the most inside the object; put it into a Secret and name that in ${kind === 'userData' ? 'secretRef' : 'networkDataSecretRef'}`,
        ),
      );
  }
  return causes;
}

/** RFC 4648, with padding; line breaks are allowed as Go's decoder does. */
function isBase64(text: string): boolean {
  const packed = text.replace(/[\r\n]/g, '');
  return packed.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(packed);
}

function base64Bytes(text: string): number {
  const packed = text.replace(/[\r\n]/g, '');
  return (packed.length / 4) * 3 - (/=*$/.exec(packed)?.[0].length ?? 0);
}

function utf8Bytes(text: string): number {
  let bytes = 0;
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0;
    bytes += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
  }
  return bytes;
}

/**
 * Disks and volumes belong together by name: each disk shows a volume; each volume is shown by a disk or a file system,
 * or (memory dump) stays behind the scenes.
 */
export const diskVolumeRules: SpecRule = (spec: VirtualMachineInstanceSpec, path, context) => {
  const devices = spec.domain.devices;
  const volumes = new Map((spec.volumes ?? []).map((volume) => [volume.name, volume]));
  const causes: Cause[] = [];
  (devices.disks ?? []).forEach((disk, index) => {
    const field = `${path}.domain.devices.disks[${index}]`;
    const volume = volumes.get(disk.name);
    if (!volume) {
      // An empty drive waits for a medium.
      if (disk.cdrom) {
        if (!featureGateEnabled(context.config, 'DeclarativeHotplugVolumes'))
          causes.push(
            invalid(`${field}.name`, 'a CD-ROM without a volume needs the feature gate DeclarativeHotplugVolumes'),
          );
      } else
        causes.push(
          invalid(`${field}.name`, `there is no volume ${quoted(disk.name)} for this disk; add it to ${path}.volumes`),
        );
      return;
    }
    if (disk.lun && !volume.persistentVolumeClaim && !volume.dataVolume) {
      causes.push(
        invalid(
          `${field}.lun`,
          `a LUN passes a SCSI device on and needs a PersistentVolumeClaim or DataVolume, not ${sourcesOf(volume).join()}`,
        ),
      );
    }
    if (volume.containerPath)
      causes.push(
        invalid(
          `${path}.domain.volumes[${(spec.volumes ?? []).indexOf(volume)}]`,
          'a container path is shown to the guest as a file system, not as a disk',
        ),
      );
    if (volume.downwardMetrics && disk.disk?.bus !== undefined && disk.disk.bus !== 'virtio') {
      causes.push(invalid(`${field}.disk.bus`, `downward metrics need a disk on bus virtio, not ${disk.disk.bus}`));
    }
  });
  return causes;
};
