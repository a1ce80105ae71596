import { featureGateEnabled, isQatResource } from '@quickvirt/config';
import { invalid, notSupported, oneOf, type Cause } from '../cause.ts';
import { pciAddressPattern } from './pci-address.ts';
import type { SpecRule } from './rule.ts';

const inputBuses = ['virtio', 'usb'];
const inputTypes = ['tablet'];
const soundModels = ['ich9', 'ac97'];
const panicModels = ['hyperv', 'isa', 'pvpanic'];
const rebootPolicies = ['Reboot', 'Terminate'];
const ioThreadsPolicies = ['shared', 'auto', 'supplementalPool'];
/** Video models that QEMU has for a machine of each architecture. */
const videoModels: Readonly<Record<string, readonly string[]>> = {
  amd64: ['vga', 'cirrus', 'virtio', 'ramfb', 'bochs'],
  arm64: ['virtio', 'ramfb'],
  s390x: ['virtio'],
};

/** Inputs, sound, video, watchdog and other small devices, and the gates of those that need one. */
export const deviceRules: SpecRule = (spec, path, { config }) => {
  const { devices } = spec.domain;
  const field = `${path}.domain.devices`;
  const architecture = spec.architecture ?? config.defaultArchitecture;
  const causes: Cause[] = [];
  (devices.inputs ?? []).forEach(({ bus, type }, index) => {
    if (bus && !inputBuses.includes(bus))
      causes.push(
        invalid(
          `${field}.inputs[${index}].bus`,
          `Input device can have only virtio or usb bus. ${oneOf(bus, inputBuses)}`,
        ),
      );
    if (!inputTypes.includes(type))
      causes.push(
        invalid(`${field}.inputs[${index}].type`, `Input device can have only tablet type. ${oneOf(type, inputTypes)}`),
      );
  });
  if (devices.sound) {
    const { model, name } = devices.sound;
    if (model && !soundModels.includes(model))
      causes.push(invalid(`${path}.Sound`, `sound model ${oneOf(model, soundModels)}`));
    if (!name) causes.push(invalid(`${path}.Sound`, 'a sound device needs a name'));
  }
  if (devices.video) {
    const models = videoModels[architecture] ?? [];
    if (devices.autoattachGraphicsDevice === false)
      causes.push(invalid(`${path}.video`, 'a video model cannot be chosen while autoattachGraphicsDevice is false'));
    if (devices.video.type && !models.includes(devices.video.type)) {
      causes.push(
        notSupported(`${field}.video.type`, `on ${architecture} video model ${oneOf(devices.video.type, models)}`),
      );
    }
  }
  if (devices.autoattachVSOCK && !featureGateEnabled(config, 'VSOCK'))
    causes.push(invalid(`${field}.autoattachVSOCK`, 'VSOCK needs the feature gate VSOCK in the KubeVirt object'));
  if (devices.downwardMetrics && !featureGateEnabled(config, 'DownwardMetrics')) {
    causes.push(
      invalid(
        `${field}.downwardMetrics`,
        'downward metrics need the feature gate DownwardMetrics in the KubeVirt object',
      ),
    );
  }
  (devices.panicDevices ?? []).forEach(({ model }, index) => {
    // Left out, it is the one that every machine has.
    if (model && !panicModels.includes(model))
      causes.push(invalid(`${field}.panicDevices[${index}].model`, `panic device ${oneOf(model, panicModels)}`));
  });
  return causes;
};

/** Policies of the domain: reboot and I/O threads. */
export const domainPolicyRules: SpecRule = (spec, path, { config }) => {
  const { rebootPolicy, ioThreadsPolicy, ioThreads } = spec.domain;
  const causes: Cause[] = [];
  if (rebootPolicy) {
    if (!featureGateEnabled(config, 'RebootPolicy'))
      causes.push(
        invalid(
          `${path}.domain.rebootPolicy`,
          'a reboot policy needs the feature gate RebootPolicy in the KubeVirt object',
        ),
      );
    else if (!rebootPolicies.includes(rebootPolicy))
      causes.push(invalid(`${path}.domain.rebootPolicy`, `reboot policy ${oneOf(rebootPolicy, rebootPolicies)}`));
  }
  if (ioThreadsPolicy && !ioThreadsPolicies.includes(ioThreadsPolicy)) {
    causes.push(
      invalid(
        `${path}.domain.ioThreadsPolicy`,
        `Invalid IOThreadsPolicy (${ioThreadsPolicy}); ${oneOf(ioThreadsPolicy, ioThreadsPolicies)}`,
      ),
    );
  }
  if (ioThreadsPolicy === 'supplementalPool' && !((ioThreads?.supplementalPoolThreadCount ?? 0) > 0)) {
    causes.push(
      invalid(
        `${path}.domain.ioThreads.count`,
        'the number of iothreads needs to be set and positive for the dedicated policy: set ioThreads.supplementalPoolThreadCount',
      ),
    );
  }
  return causes;
};

/** Host devices and GPUs: gates, DRA claims, one RAM frame buffer. */
export const hostDeviceRules: SpecRule = (spec, path, { config }) => {
  const { gpus = [], hostDevices = [] } = spec.domain.devices;
  const field = `${path}.domain.devices`;
  const causes: Cause[] = [];
  if (
    !featureGateEnabled(config, 'HostDevices') &&
    // QAT is switched on by the KubeVirt object's own section.
    hostDevices.some(({ deviceName }) => deviceName && !isQatResource(config.qat, deviceName))
  ) {
    causes.push(invalid(`${field}.hostDevices`, 'Host Devices feature gate is not enabled in kubevirt-config'));
  }
  hostDevices.forEach(({ pciAddress }, index) => {
    if (pciAddress && !pciAddressPattern.test(pciAddress)) {
      const message = `${JSON.stringify(pciAddress)} is no PCI address; write it as 0000:81:01.0`;
      causes.push(invalid(`${field}.hostDevices[${index}].pciAddress`, message));
    }
  });
  const frameBuffers = gpus.filter(
    ({ virtualGPUOptions }) => virtualGPUOptions?.display?.ramFB && virtualGPUOptions.display.ramFB.enabled !== false,
  );
  if (frameBuffers.length > 1)
    causes.push(invalid(`${path}.GPUs`, `${frameBuffers.length} GPUs have a RAM frame buffer (ramFB); one can`));
  return causes;
};
