import type { VirtualMachineInstance, Volume } from '@quickvirt/api';

/** A seed image: files by path, and the volume label that cloud-init looks for. */
export interface SeedImage {
  volumeLabel: 'cidata' | 'config-2';
  files: Map<string, Buffer>;
}

/** A Secret as it is mounted: contents by key. */
export type SecretFiles = ReadonlyMap<string, Buffer>;

/** The Secrets of a cloud-init volume; empty for one that it does not name. */
export interface CloudInitSecrets {
  userData: SecretFiles;
  networkData: SecretFiles;
}

/** Each file of a seed; a Secret holds 1 MiB at most, so more is a mistake. */
const MAX_SEED_FILE_BYTES = 1024 * 1024;

type CloudInitSource = NonNullable<Volume['cloudInitNoCloud']>;

/** The volume's cloud-init source of either kind. */
export function cloudInitSource(volume: Volume): CloudInitSource | undefined {
  return volume.cloudInitNoCloud ?? volume.cloudInitConfigDrive;
}

/**
 * The seed of one cloud-init volume. Data comes inline, in base64, or from a Secret (keys `userdata` and
 * `networkdata`, or in camel case).
 * @throws Error that names the field, when data is missing, no base64, or too long.
 */
export function seedImage(vmi: VirtualMachineInstance, volume: Volume, secrets: CloudInitSecrets): SeedImage {
  const source = cloudInitSource(volume);
  if (!source) throw new Error(`volume ${volume.name} is no cloud-init volume`);
  const userData = userDataOf(volume.name, source, secrets.userData);
  const networkData = networkDataOf(volume.name, source, secrets.networkData);
  const image = volume.cloudInitNoCloud ? noCloud(vmi, userData, networkData) : configDrive(vmi, userData, networkData);
  for (const [path, content] of image.files) {
    if (content.length > MAX_SEED_FILE_BYTES) {
      throw new Error(`volume ${volume.name}: ${path} has ${content.length} bytes, ${MAX_SEED_FILE_BYTES} are allowed`);
    }
  }
  return image;
}

/** The guest's host name: `spec.hostname`, or the VMI's name up to its first dot, as a DNS label (RFC 1123). */
function guestHostname({ metadata, spec }: VirtualMachineInstance): string {
  return spec.hostname || (metadata.name ?? '').split('.', 1)[0]!.slice(0, 63);
}

// https://cloudinit.readthedocs.io/en/latest/reference/datasources/nocloud.html
function noCloud(vmi: VirtualMachineInstance, userData: Buffer, networkData: Buffer | undefined): SeedImage {
  const instanceType = instanceTypeName(vmi);
  const metaData = {
    'instance-id': instanceId(vmi),
    'local-hostname': guestHostname(vmi),
    ...(instanceType === undefined ? {} : { 'instance-type': instanceType }),
  };
  const files = new Map([
    ['meta-data', Buffer.from(JSON.stringify(metaData))],
    ['user-data', userData],
  ]);
  if (networkData) files.set('network-config', networkData);
  return { volumeLabel: 'cidata', files };
}

// https://cloudinit.readthedocs.io/en/latest/reference/datasources/configdrive.html
function configDrive(vmi: VirtualMachineInstance, userData: Buffer, networkData: Buffer | undefined): SeedImage {
  const instanceType = instanceTypeName(vmi);
  const metaData = {
    ...(instanceType === undefined ? {} : { instance_type: instanceType }),
    instance_id: `${vmi.metadata.name}.${vmi.metadata.namespace}`,
    hostname: guestHostname(vmi),
    uuid: vmi.spec.domain.firmware?.uuid ?? '',
  };
  const files = new Map([
    ['openstack/latest/meta_data.json', Buffer.from(JSON.stringify(metaData))],
    ['openstack/latest/user_data', userData],
  ]);
  if (networkData) files.set('openstack/latest/network_data.json', networkData);
  return { volumeLabel: 'config-2', files };
}

/** Stays the same as long as the machine is the same, so that cloud-init does not run its first boot again. */
function instanceId({ metadata, spec }: VirtualMachineInstance): string {
  return spec.domain.firmware?.uuid ?? `${metadata.name}.${metadata.namespace}`;
}

function instanceTypeName({ metadata }: VirtualMachineInstance): string | undefined {
  const annotations = metadata.annotations ?? {};
  return annotations['kubevirt.io/instancetype-name'] ?? annotations['kubevirt.io/cluster-instancetype-name'];
}

function userDataOf(volume: string, source: CloudInitSource, secret: SecretFiles): Buffer {
  if (source.secretRef) {
    const found = secret.get('userdata') ?? secret.get('userData');
    if (!found) throw new Error(missingKey(volume, 'secretRef', source.secretRef.name, 'userdata'));
    return found;
  }
  if (source.userDataBase64 !== undefined) return fromBase64(volume, 'userDataBase64', source.userDataBase64);
  return Buffer.from(source.userData ?? '');
}

function networkDataOf(volume: string, source: CloudInitSource, secret: SecretFiles): Buffer | undefined {
  if (source.networkDataSecretRef) {
    const found = secret.get('networkdata') ?? secret.get('networkData');
    if (!found)
      throw new Error(missingKey(volume, 'networkDataSecretRef', source.networkDataSecretRef.name, 'networkdata'));
    return found;
  }
  if (source.networkDataBase64 !== undefined) return fromBase64(volume, 'networkDataBase64', source.networkDataBase64);
  return source.networkData === undefined ? undefined : Buffer.from(source.networkData);
}

function missingKey(volume: string, field: string, secretName: string | undefined, key: string): string {
  return `volume ${volume}: the Secret ${secretName ?? ''} of ${field} has no key "${key}"; add it and restart the VM`;
}

function fromBase64(volume: string, field: string, text: string): Buffer {
  const compact = text.replaceAll(/\s/g, '');
  // Buffer.from drops what is no base64 silently.
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(compact)) throw new Error(`volume ${volume}: ${field} is no base64`);
  return Buffer.from(compact, 'base64');
}
