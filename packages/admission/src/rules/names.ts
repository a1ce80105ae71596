import { quoted } from '../cause.ts';

/** What is wrong with a name that must be a DNS label (RFC 1123), or undefined. */
export function dnsLabelProblem(name: string): string | undefined {
  if (name.length > 63) return `${quoted(name)} has ${name.length} characters; a DNS label has at most 63`;
  if (!/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/.test(name)) {
    return `${quoted(name)} is no DNS label: lower-case letters, digits and "-", with a letter or digit at both ends`;
  }
  return undefined;
}

/** What is wrong with a name that must be a DNS subdomain (RFC 1123), or undefined. */
export function dnsSubdomainProblem(name: string): string | undefined {
  if (name.length > 253) return `${quoted(name)} has ${name.length} characters; a DNS subdomain has at most 253`;
  if (!/^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/.test(name)) {
    return `${quoted(name)} is no DNS subdomain: labels of lower-case letters, digits and "-", joined by "."`;
  }
  return undefined;
}
