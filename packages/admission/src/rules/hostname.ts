import { invalid } from '../cause.ts';
import type { SpecRule } from './rule.ts';

/** RFC 1123 label, as Kubernetes takes it: 63 characters at most. */
const DNS_LABEL = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;
const DNS_SUBDOMAIN_MAX_LENGTH = 253;

/** `hostname` must be a DNS label and `subdomain` a DNS subdomain: both become part of the pod's name in DNS. */
export const hostnameRules: SpecRule = ({ hostname, subdomain }, path) => {
  const causes = [];
  if (hostname && !DNS_LABEL.test(hostname)) {
    causes.push(
      invalid(
        `${path}.hostname`,
        `${path}.hostname does not conform to the kubernetes DNS_LABEL rules : lower case letters, digits and '-', 63 characters at most`,
      ),
    );
  }
  if (subdomain && !isDnsSubdomain(subdomain)) {
    causes.push(
      invalid(
        `${path}.subdomain`,
        `${path}.subdomain does not conform to the kubernetes DNS_SUBDOMAIN rules : DNS labels joined by '.', 253 characters at most`,
      ),
    );
  }
  return causes;
};

function isDnsSubdomain(name: string): boolean {
  return name.length <= DNS_SUBDOMAIN_MAX_LENGTH && name.split('.').every((label) => DNS_LABEL.test(label));
}
