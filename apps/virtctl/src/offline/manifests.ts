import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { isMap, isScalar, LineCounter, parseAllDocuments } from 'yaml';
import type { ObjectMeta } from '@quickvirt/api';

/** An object as it is in a file; only its place in the API is checked. */
export interface ManifestObject {
  apiVersion: string;
  kind: string;
  metadata: ObjectMeta;
  spec?: unknown;
}

/** An object and where it was read. */
export interface Manifest {
  /** `file.yaml:12`: the file (`-` for standard input) and the line the object begins on. */
  source: string;
  object: ManifestObject;
}

/** A file that cannot be read as Kubernetes objects. */
class ManifestError extends Error {
  constructor(source: string, detail: string, options?: ErrorOptions) {
    super(`${source}: ${detail}`, options);
    this.name = 'ManifestError';
  }
}

const STANDARD_INPUT = '-';
const extensions = /\.(ya?ml|json)$/;

/**
 * The objects of files, in order. A folder stands for the `.yaml`, `.yml` and `.json` files in it and below it, `-` for
 * standard input; a file may hold several documents, and a document a list of objects.
 * @throws ManifestError that names the file and line when one cannot be read, or holds no Kubernetes object.
 */
export function readManifests(paths: readonly string[]): Manifest[] {
  const manifests = paths.flatMap(filesOf).flatMap((file) => manifestsIn(readText(file), file));
  if (manifests.length === 0) throw new ManifestError(paths.join(', '), 'there is no object in it');
  return manifests;
}

function filesOf(path: string): string[] {
  if (path === STANDARD_INPUT) return [path];
  try {
    if (!statSync(path).isDirectory()) return [path];
    const entries = readdirSync(path, { recursive: true, withFileTypes: true });
    return entries
      .filter((entry) => entry.isFile() && extensions.test(entry.name))
      .map((entry) => join(entry.parentPath, entry.name))
      .toSorted();
  } catch (error) {
    throw new ManifestError(path, `cannot be read (${codeOf(error)})`, { cause: error });
  }
}

function readText(file: string): string {
  try {
    return readFileSync(file === STANDARD_INPUT ? process.stdin.fd : file, 'utf8');
  } catch (error) {
    throw new ManifestError(file, `cannot be read (${codeOf(error)})`, { cause: error });
  }
}

const codeOf = (error: unknown): string => (error as NodeJS.ErrnoException).code ?? String(error);

/**
 * The objects of one file's text. JSON is YAML too.
 * @throws ManifestError
 */
export function manifestsIn(text: string, file: string): Manifest[] {
  const lineCounter = new LineCounter();
  const documents = parseAllDocuments(text, { lineCounter });
  return [...documents].flatMap((document) => {
    const [error] = document.errors;
    if (error) {
      throw new ManifestError(`${file}:${error.linePos?.[0].line ?? 1}`, `this is no YAML: ${error.message}`, {
        cause: error,
      });
    }
    if (isEmpty(document.contents)) return [];
    const source = `${file}:${lineCounter.linePos(document.contents?.range?.[0] ?? 0).line}`;
    if (!isMap(document.contents)) throw new ManifestError(source, 'this is no Kubernetes object');
    return objectsIn(valueOf(document, source), source).map((object) => ({ source, object }));
  });
}

/** Aliases may be used, but not to blow a small file up: the parser stops. */
function valueOf(document: { toJS(): unknown }, source: string): unknown {
  try {
    return document.toJS();
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    throw new ManifestError(source, `this is no YAML of use: ${detail}`, { cause: error });
  }
}

/** Nothing between two `---`. */
const isEmpty = (contents: unknown): boolean => contents === null || (isScalar(contents) && contents.value === null);

/** Lists, as `kubectl get -o yaml` prints them, stand for their items. */
function objectsIn(value: unknown, source: string): ManifestObject[] {
  const { apiVersion, kind, metadata, items } = (value ?? {}) as Partial<ManifestObject> & { items?: unknown };
  if (typeof apiVersion !== 'string' || typeof kind !== 'string') {
    throw new ManifestError(source, 'this is no Kubernetes object: it needs apiVersion and kind');
  }
  if (Array.isArray(items) && kind.endsWith('List')) return items.flatMap((item) => objectsIn(item, source));
  if (metadata !== undefined && (typeof metadata !== 'object' || metadata === null || Array.isArray(metadata))) {
    throw new ManifestError(source, `metadata of ${kind} is no object`);
  }
  return [{ ...(value as ManifestObject), metadata: metadata ?? {} }];
}
