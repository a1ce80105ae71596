import type { VirtualMachineInstanceSpec } from '@quickvirt/api';
import { invalid, oneOf, quoted, required, type Cause } from '../cause.ts';
import { dnsLabelProblem, dnsSubdomainProblem } from './names.ts';
import type { SpecRule } from './rule.ts';

const evictionStrategies = ['None', 'LiveMigrate', 'LiveMigrateIfPossible', 'External'];
const startStrategies = ['Paused'];
const dnsPolicies = ['ClusterFirst', 'ClusterFirstWithHostNet', 'Default', 'None'];
/** Kubernetes API, PodDNSConfig: limits of resolv.conf. */
const dnsLimits = { nameservers: 3, searches: 32, searchCharacters: 2048 };

/** Host names, start and eviction strategies. */
export const identityRules: SpecRule = (spec, path) => {
  const causes: Cause[] = [];
  const hostname = spec.hostname ? dnsLabelProblem(spec.hostname) : undefined;
  if (hostname) causes.push(invalid(`${path}.hostname`, `host name ${hostname}`));
  const subdomain = spec.subdomain ? dnsSubdomainProblem(spec.subdomain) : undefined;
  if (subdomain) causes.push(invalid(`${path}.subdomain`, `subdomain ${subdomain}`));
  if (spec.evictionStrategy && !evictionStrategies.includes(spec.evictionStrategy)) {
    causes.push(
      invalid(`${path}.evictionStrategy`, `eviction strategy ${oneOf(spec.evictionStrategy, evictionStrategies)}`),
    );
  }
  if (spec.startStrategy) {
    if (!startStrategies.includes(spec.startStrategy))
      causes.push(invalid(`${path}.startStrategy`, `start strategy ${oneOf(spec.startStrategy, startStrategies)}`));
    else if (spec.livenessProbe)
      causes.push(
        invalid(
          `${path}.startStrategy`,
          'a VM that starts paused would fail its liveness probe; drop startStrategy or livenessProbe',
        ),
      );
  }
  return causes;
};

/** DNS of the pod. Source: Kubernetes API, PodSpec.dnsPolicy and PodDNSConfig. */
export const dnsRules: SpecRule = (spec, path) => {
  const causes: Cause[] = [];
  if (spec.dnsPolicy && !dnsPolicies.includes(spec.dnsPolicy))
    causes.push(invalid('dnsPolicy', `DNS policy ${oneOf(spec.dnsPolicy, dnsPolicies)}`));
  const config = spec.dnsConfig;
  if (spec.dnsPolicy === 'None') {
    if (!config) return [...causes, required(`${path}.dnsConfig`, 'DNS policy None needs dnsConfig')];
    if (!config.nameservers?.length)
      causes.push(required('nameservers', 'DNS policy None needs at least one name server'));
  }
  const nameservers = config?.nameservers ?? [];
  if (nameservers.length > dnsLimits.nameservers)
    causes.push(invalid('nameservers', `${nameservers.length} name servers; ${dnsLimits.nameservers} is the most`));
  nameservers
    .filter((address) => !isIpAddress(address))
    .forEach((address) => causes.push(invalid('nameservers', `${quoted(address)} is no IP address`)));
  const searches = config?.searches ?? [];
  if (searches.length > dnsLimits.searches || searches.join(' ').length > dnsLimits.searchCharacters) {
    causes.push(
      invalid(
        'searches',
        `at most ${dnsLimits.searches} search domains with ${dnsLimits.searchCharacters} characters in all`,
      ),
    );
  }
  searches
    .map((domain) => dnsSubdomainProblem(domain.replace(/\.$/, '')))
    .forEach((problem) => problem && causes.push(invalid('searches', `search domain ${problem}`)));
  (config?.options ?? [])
    .filter((option) => !option.name)
    .forEach(() => causes.push(required('options', 'a resolver option needs a name')));
  return causes;
};

/** IPv4 in dotted decimal or IPv6 (RFC 4291), without a zone. */
function isIpAddress(text: string): boolean {
  return isIpv4Address(text) || isIpv6Address(text);
}

/** IPv4 in dotted decimal, without leading zeros. */
export function isIpv4Address(text: string): boolean {
  const parts = text.split('.');
  return parts.length === 4 && parts.every((part) => /^(0|[1-9]\d{0,2})$/.test(part) && Number(part) <= 255);
}

function isIpv6Address(text: string): boolean {
  if (!/^[0-9a-fA-F:.]{2,45}$/.test(text) || text.split('::').length > 2) return false;
  const tail = text.split(':').at(-1) ?? '';
  const dotted = tail.includes('.');
  if (dotted && !isIpv4Address(tail)) return false;
  const groups = text
    .split(':')
    .filter((group, index, all) => !(group === '' && (text.includes('::') || index === 0 || index === all.length - 1)));
  const count = groups.length + (dotted ? 1 : 0);
  return (
    groups.every((group, index) => (dotted && index === groups.length - 1) || /^[0-9a-fA-F]{1,4}$/.test(group)) &&
    (text.includes('::') ? count < 8 : count === 8)
  );
}

/** Service account of the pod: one way to name it. */
export const serviceAccountRules: SpecRule = (spec: VirtualMachineInstanceSpec, path) => {
  const volume = spec.volumes?.find((candidate) => candidate.serviceAccount)?.serviceAccount;
  if (!spec.serviceAccountName) return [];
  const causes: Cause[] = [];
  const problem = dnsSubdomainProblem(spec.serviceAccountName);
  if (problem) causes.push(invalid(`${path}.serviceAccountName`, `service account ${problem}`));
  if (volume?.serviceAccountName && volume.serviceAccountName !== spec.serviceAccountName) {
    causes.push(
      invalid(
        `${path}.serviceAccountName`,
        `the pod cannot run as ${quoted(spec.serviceAccountName)} while a volume shows service account ${quoted(volume.serviceAccountName)}; name the same in both`,
      ),
    );
  }
  return causes;
};
