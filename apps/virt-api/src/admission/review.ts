import type { AdmissionHook, AdmissionRequest, Cause, FreshIdentity } from '@quickvirt/admission';
import { badRequest, type FailureStatus } from '../status.ts';
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
    userInfo: { username?: string; groups?: string[] };
    object: unknown;
    oldObject: unknown;
  };
}

export interface AdmissionResponse {
  uid: string;
  allowed: boolean;
  status?: Partial<FailureStatus>;
  warnings?: string[];
  patchType?: 'JSONPatch';
  /** Base64 of the JSON patch. */
  patch?: string;
}

export interface AdmissionReviewAnswer {
  apiVersion: 'admission.k8s.io/v1';
  kind: 'AdmissionReview';
  response: AdmissionResponse;
}

/** What one review needs beside itself. */
export interface ReviewContext extends Pick<AdmissionRequest<unknown>, 'config' | 'installNamespace'> {
  fresh: FreshIdentity;
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
export function answerReview(
  hook: AdmissionHook,
  { request }: AdmissionReview,
  context: ReviewContext,
): AdmissionReviewAnswer {
  const problem = mismatch(hook, request);
  const response = problem ? refused(request.uid, badRequest(problem)) : judge(hook, request, context);
  return { apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview', response };
}

/** A hook that is asked about something else is configured wrongly; letting it pass would be silent. */
function mismatch(
  hook: AdmissionHook,
  { resource, operation, object }: AdmissionReview['request'],
): string | undefined {
  if (resource?.group !== hook.group || resource.resource !== hook.resource) {
    return `${hook.path} is for ${hook.resource}.${hook.group}, not for ${resource?.resource}.${resource?.group}: correct the webhook configuration`;
  }
  if (!hook.operations.some((known) => known === operation)) {
    return `${hook.path} is for ${hook.operations.join(' and ')}, not for ${operation}: correct the webhook configuration`;
  }
  if (typeof object !== 'object' || object === null) return `the AdmissionReview of ${hook.resource} has no object`;
  return undefined;
}

function judge(hook: AdmissionHook, request: AdmissionReview['request'], context: ReviewContext): AdmissionResponse {
  const { uid, operation, userInfo, object, oldObject } = request;
  const admissionRequest: AdmissionRequest<unknown> = {
    operation: operation as AdmissionRequest<unknown>['operation'],
    object,
    ...(oldObject !== null && oldObject !== undefined && { old: oldObject }),
    user: { username: userInfo?.username ?? '', groups: userInfo?.groups ?? [] },
    config: context.config,
    installNamespace: context.installNamespace,
  };
  if (hook.type === 'mutate') {
    const patch = jsonPatch(object, hook.mutate(admissionRequest, context.fresh));
    if (patch.length === 0) return { uid, allowed: true };
    return { uid, allowed: true, patchType: 'JSONPatch', patch: Buffer.from(JSON.stringify(patch)).toString('base64') };
  }
  const { causes, warnings } = hook.validate(admissionRequest);
  const response = causes.length === 0 ? { uid, allowed: true } : refused(uid, invalidStatus(causes));
  return warnings.length === 0 ? response : { ...response, warnings };
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
