/** What a container is told of the devices of one request (KEP-5304, metadata.resource.k8s.io DeviceMetadata). */
export interface DeviceMetadata {
  claim: { name: string; namespace: string; uid: string };
  /** Name of the claim in the pod's spec; only for claims that were made from a template. */
  podClaimName?: string;
  /** Request of the claim; `<request>/<subrequest>` where the claim listed alternatives. */
  request: string;
  devices: readonly MetadataDevice[];
}

/** One device in it. */
export interface MetadataDevice {
  driver: string;
  pool: string;
  name: string;
  /** As in the ResourceSlice: each value has one of `string`, `int`, `bool`, `version`. */
  attributes: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

/** Where containers find the files, part of KEP-5304's contract. */
export const DEVICE_METADATA_DIRECTORY = '/var/run/kubernetes.io/dra-device-attributes';

/** Versions that we read; they have the same fields. 1.36 knows only the first, which is what we write. */
const WRITTEN_VERSION = 'metadata.resource.k8s.io/v1alpha1';
const READ_VERSIONS: readonly unknown[] = [WRITTEN_VERSION, 'metadata.resource.k8s.io/v1beta1'];

/** The claim as a pod's spec names it: by its own name, or by the pod's name for what a template made. */
export type PodClaim = { claimName: string } | { podClaimName: string };

/**
 * Directory of the files about one request, below {@link DEVICE_METADATA_DIRECTORY}: one file a driver.
 * @param request without a subrequest
 */
export function deviceMetadataPath(claim: PodClaim, request: string): string {
  const [kind, name] =
    'podClaimName' in claim ? ['resourceclaimtemplates', claim.podClaimName] : ['resourceclaims', claim.claimName];
  return `${kind}/${name}/${request}`;
}

/** The file's text. Devices are told of once, so the generation is always 1. */
export function encodeDeviceMetadata({ claim, podClaimName, request, devices }: DeviceMetadata): string {
  const object = {
    kind: 'DeviceMetadata',
    apiVersion: WRITTEN_VERSION,
    metadata: { ...claim, generation: 1 },
    podClaimName,
    requests: [{ name: request, devices }],
  };
  return `${JSON.stringify(object, undefined, 2)}\n`;
}

/**
 * The devices of a request as a file tells them, whatever driver wrote it. A file may hold the same in several versions,
 * one object after the other; the first that we know counts.
 * @param request without a subrequest
 * @throws Error that says what is wrong with the file.
 */
export function parseDeviceMetadata(text: string, request: string): MetadataDevice[] {
  const versions: unknown[] = [];
  for (const object of objectsOf(text)) {
    const { apiVersion, requests } = JSON.parse(object) as { apiVersion?: unknown; requests?: unknown };
    versions.push(apiVersion);
    if (!READ_VERSIONS.includes(apiVersion)) continue;
    const found = listOf(requests).find(({ name }) => typeof name === 'string' && name.split('/')[0] === request);
    if (!found) throw new Error(`it tells nothing of request ${JSON.stringify(request)}`);
    return listOf(found['devices']).map(deviceOf);
  }
  throw new Error(`it holds no version that is known here, only ${JSON.stringify(versions)}`);
}

const listOf = (value: unknown): Record<string, unknown>[] =>
  Array.isArray(value) ? value.filter((item) => typeof item === 'object' && item !== null) : [];

function deviceOf({ driver, pool, name, attributes }: Record<string, unknown>): MetadataDevice {
  return {
    driver: String(driver),
    pool: String(pool),
    name: String(name),
    attributes: (attributes ?? {}) as MetadataDevice['attributes'],
  };
}

/** The JSON objects of a stream. A string ends at a quote that no backslash precedes; braces count outside of strings. */
function objectsOf(text: string): string[] {
  const objects: string[] = [];
  let depth = 0;
  let start = 0;
  for (const { 0: token, index } of text.matchAll(/"(?:[^"\\]|\\.)*"|[{}]/gs)) {
    if (token === '{' && depth++ === 0) start = index;
    if (token === '}' && --depth === 0) objects.push(text.slice(start, index + 1));
  }
  return objects;
}
