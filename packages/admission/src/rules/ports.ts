import type { Interface, Port, PortRange } from '@quickvirt/api';
import { featureGateEnabled } from '@quickvirt/config';
import { duplicate, invalid, oneOf, quoted, required, type Cause } from '../cause.ts';
import type { RuleContext } from './rule.ts';

const protocols = ['TCP', 'UDP'];
const maxPort = 65_535;
const maxRanges = 10;
/** A port's name, as for a Service. Source: RFC 6335, section 5.1. */
const portNamePattern = /^(?=.*[a-z])(?!.*--)[a-z0-9]([a-z0-9-]{0,13}[a-z0-9])?$/;

/** Ports and ranges of an interface. */
export function portRules(iface: Interface, field: string, context: RuleContext): Cause[] {
  const names = new Set<string>();
  const causes = (iface.ports ?? []).flatMap((port, index) => onePort(port, `${field}.ports[${index}]`, names));
  if (iface.portRanges?.length) causes.push(...rangeRules(iface, iface.portRanges, `${field}.portRanges`, context));
  return causes;
}

function onePort(port: Port, field: string, names: Set<string>): Cause[] {
  const causes: Cause[] = [];
  if (!port.port) causes.push(required(`${field}.port`, `a port needs a number from 1 to ${maxPort}`));
  else if (port.port < 0 || port.port > maxPort)
    causes.push(invalid(field, `port ${port.port}: ports are 1 to ${maxPort}`));
  if (port.protocol && !protocols.includes(port.protocol))
    causes.push(invalid(`${field}.protocol`, `protocol ${oneOf(port.protocol, protocols)}`));
  if (port.name) {
    if (names.has(port.name))
      causes.push(duplicate(`${field}.name`, `the port name ${quoted(port.name)} is given twice`));
    names.add(port.name);
    if (!portNamePattern.test(port.name))
      causes.push(
        invalid(
          `${field}.name`,
          `${quoted(port.name)} is no port name: 1 to 15 lower-case letters, digits and "-", at least one letter`,
        ),
      );
  }
  return causes;
}

function rangeRules(iface: Interface, ranges: PortRange[], field: string, { config }: RuleContext): Cause[] {
  if (!featureGateEnabled(config, 'PortRangesSpec'))
    return [invalid(field, 'port ranges need the feature gate PortRangesSpec in the KubeVirt object')];
  const causes: Cause[] = [];
  if (!iface.masquerade) causes.push(invalid(field, 'port ranges work with the masquerade binding only'));
  if (iface.ports?.length) causes.push(invalid(field, 'an interface has ports or port ranges, not both'));
  if (ranges.length > maxRanges) causes.push(invalid(field, `${ranges.length} ranges; ${maxRanges} is the most`));
  ranges.forEach(({ start, end, protocol }, index) => {
    if (start < 1 || end > maxPort || start > end)
      causes.push(invalid(`${field}[${index}]`, `${start} to ${end} is no range of ports (1 to ${maxPort})`));
    const overlap = ranges.findIndex(
      (other, at) => at < index && other.protocol === protocol && other.start <= end && start <= other.end,
    );
    if (overlap >= 0) causes.push(invalid(field, `ranges ${overlap} and ${index} overlap`));
  });
  return causes;
}
