import type {
  AdmissionHook,
  AdmissionRequest,
  Cause,
  FreshIdentity,
  MutatingHook,
  ValidatingHook,
  Verdict,
} from '@quickvirt/admission';
import { badRequest, type FailureStatus } from '../status.ts';
import { withVmHeld } from './hold-vm.ts';
import { jsonPatch } from './json-patch.ts';

/** admission.k8s.io/v1 AdmissionReview, as kube-apiserver sends it; only what is read. */
export interface AdmissionReview {
  apiVersion: 'admission.k8s.io/v1';
  kind: 'AdmissionReview';
  request: {
    uid: string;
    resource: { group: string; version: string; resource: string };
    subResource?: string;
    operation: string;
    userInfo: { username?: string; groups?: string[]; extra?: Record<string, string[]> };
    dryRun?: boolean;
    /** Null at DELETE. */
    object: unknown;
    oldObject: unknown;
  };
}

interface AdmissionResponse {
  uid: string;
  allowed: boolean;
  status?: Partial<FailureStatus>;
  warnings?: string[];
  patchType?: 'JSONPatch';
  /** Base64 of the JSON patch. */
  patch?: string;
}

interface AdmissionReviewAnswer {
  apiVersion: 'admission.k8s.io/v1';
  kind: 'AdmissionReview';
  response: AdmissionResponse;
}

/** What one review needs beside itself. */
export interface ReviewContext extends Pick<AdmissionRequest<unknown>, 'config' | 'installNamespace' | 'facts'> {
  fresh: FreshIdentity;
}

/** What a review comes to: the answer, and what is to be written for it (never for a dry run). */
export interface ReviewOutcome {
  answer: AdmissionReviewAnswer;
  evacuation?: Verdict['evacuation'];
}

/** A Status with all causes would be cut by the API server; the message names this many. */
const CAUSES_IN_MESSAGE = 10;

/** What is wrong with a body that should be an AdmissionReview; undefined when nothing is. */
export function reviewProblem(body: unknown): string | undefined {
  const review = body as Partial<AdmissionReview> | null | undefined;
  if (review?.apiVersion !== 'admission.k8s.io/v1' || review.kind !== 'AdmissionReview') {
    return 'the body must be an AdmissionReview of admission.k8s.io/v1';
  }
  if (typeof review.request?.uid !== 'string') return 'the AdmissionReview has no request.uid';
  return undefined;
}

/** Answers one AdmissionReview with one hook. Pure. */
export function answerReview(hook: AdmissionHook, { request }: AdmissionReview, context: ReviewContext): ReviewOutcome {
  const problem = mismatch(hook, request);
  if (problem) return outcome(refused(request.uid, badRequest(problem)));
  const admissionRequest = requestOf(request, context);
  return hook.type === 'mutate'
    ? outcome(mutated(hook, admissionRequest, request.uid, context))
    : judged(hook, admissionRequest, request);
}

function outcome(response: AdmissionResponse): ReviewOutcome {
  return { answer: { apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview', response } };
}

/** A hook that is asked about something else is configured wrongly; letting it pass would be silent. */
function mismatch(hook: AdmissionHook, request: AdmissionReview['request']): string | undefined {
  const { resource, subResource, operation } = request;
  const asked = nameOf(resource?.group, resource?.resource, subResource);
  const meant = nameOf(hook.group, hook.resource, hook.subresource);
  if (asked !== meant) {
    return `${hook.path} is for ${meant}, not for ${asked}: correct the webhook configuration`;
  }
  if (!hook.operations.some((known) => known === operation)) {
    return `${hook.path} is for ${hook.operations.join(' and ')}, not for ${operation}: correct the webhook configuration`;
  }
  const object = objectOf(request);
  if (typeof object !== 'object' || object === null) return `the AdmissionReview of ${hook.resource} has no object`;
  return undefined;
}

function nameOf(group = '', resource = '', subresource?: string): string {
  return `${resource}${group && `.${group}`}${subresource ? `/${subresource}` : ''}`;
}

/** What a request is about: what is stored, where it is to go. */
function objectOf({ operation, object, oldObject }: AdmissionReview['request']): unknown {
  return operation === 'DELETE' ? oldObject : object;
}

function requestOf(request: AdmissionReview['request'], context: ReviewContext): AdmissionRequest<unknown> {
  const { operation, userInfo, oldObject, dryRun } = request;
  const { config, installNamespace, facts } = context;
  return {
    operation: operation as AdmissionRequest<unknown>['operation'],
    object: objectOf(request),
    ...(operation === 'UPDATE' && { old: oldObject }),
    user: { username: userInfo?.username ?? '', groups: userInfo?.groups ?? [], extra: userInfo?.extra ?? {} },
    config,
    installNamespace,
    ...(facts && { facts }),
    dryRun: dryRun ?? false,
  };
}

function mutated(
  hook: MutatingHook,
  request: AdmissionRequest<unknown>,
  uid: string,
  { fresh }: ReviewContext,
): AdmissionResponse {
  const patch = jsonPatch(request.object, withVmHeld(hook, request, hook.mutate(request, fresh)));
  if (patch.length === 0) return { uid, allowed: true };
  return { uid, allowed: true, patchType: 'JSONPatch', patch: Buffer.from(JSON.stringify(patch)).toString('base64') };
}

function judged(
  hook: ValidatingHook,
  request: AdmissionRequest<unknown>,
  { uid, dryRun }: AdmissionReview['request'],
): ReviewOutcome {
  const { causes, warnings, refusal, evacuation } = hook.validate(request);
  const status = refusal ? { status: 'Failure' as const, ...refusal } : causes.length > 0 && invalidStatus(causes);
  const response = status ? refused(uid, status) : { uid, allowed: true };
  return {
    ...outcome(warnings.length === 0 ? response : { ...response, warnings }),
    ...(evacuation && !dryRun && { evacuation }),
  };
}

function refused(uid: string, status: Partial<FailureStatus>): AdmissionResponse {
  return { uid, allowed: false, status };
}

function invalidStatus(causes: readonly Cause[]): Partial<FailureStatus> {
  const shown = causes.slice(0, CAUSES_IN_MESSAGE).map(({ message }) => message);
  const more = causes.length - shown.length;
  return {
    status: 'Failure',
    code: 422,
    reason: 'Invalid',
    message: shown.join(', ') + (more > 0 ? `, and ${more} more validation errors` : ''),
    details: { causes: causes.map(({ type, message, field }) => ({ reason: type, message, field })) },
  };
}
