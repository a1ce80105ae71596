import type { QatConfiguration } from './qat-configuration.ts';
/** Host devices that guests may have. */
export interface PermittedHostDevices {
  /**
   * Mediated devices, such as virtual GPUs.
   * @listType atomic
   */
  mediatedDevices?: MediatedHostDevice[];
  /**
   * PCI devices.
   * @listType atomic
   */
  pciHostDevices?: PciHostDevice[];
  /** Intel QAT cards: an extension of QuickVirt. */
  qat?: QatConfiguration;
  /**
   * USB devices.
   * @listType atomic
   */
  usb?: USBHostDevice[];
}

/** A type of PCI device. */
export interface PciHostDevice {
  /** Whether another device plugin offers it. Default: false. */
  externalResourceProvider?: boolean;
  /** Vendor and product, for example `8086:4941`. */
  pciVendorSelector: string;
  /** Resource name that nodes offer it under. */
  resourceName: string;
}

/** A type of mediated device. */
export interface MediatedHostDevice {
  /** Whether another device plugin offers it. Default: false. */
  externalResourceProvider?: boolean;
  /** Name of the type, for example `GRID T4-1Q`. */
  mdevNameSelector: string;
  /** Resource name that nodes offer it under. */
  resourceName: string;
}

/** A type of USB device. */
export interface USBHostDevice {
  /** Whether another device plugin offers it. Default: false. */
  externalResourceProvider?: boolean;
  /** Resource name that nodes offer it under. */
  resourceName: string;
  /**
   * Devices that are handed out together.
   * @listType atomic
   */
  selectors?: USBSelector[];
}

/** A USB device. */
export interface USBSelector {
  /** Product id, four hexadecimal digits. */
  product: string;
  /** Vendor id, four hexadecimal digits. */
  vendor: string;
}

/** Mediated devices that virt-handler makes. */
export interface MediatedDevicesConfiguration {
  /** Whether it makes any. Default: true. */
  enabled?: boolean;
  /**
   * Types that are made on every node.
   * @listType atomic
   */
  mediatedDeviceTypes?: string[];
  /**
   * Deprecated in favour of `mediatedDeviceTypes`.
   * @listType atomic
   */
  mediatedDevicesTypes?: string[];
  /**
   * Types that are made on certain nodes instead.
   * @listType atomic
   */
  nodeMediatedDeviceTypes?: NodeMediatedDeviceTypesConfig[];
}

/** Types of mediated devices on certain nodes. */
export interface NodeMediatedDeviceTypesConfig {
  /**
   * The types.
   * @listType atomic
   */
  mediatedDeviceTypes?: string[];
  /**
   * Deprecated in favour of `mediatedDeviceTypes`.
   * @listType atomic
   */
  mediatedDevicesTypes?: string[];
  /** Labels of the nodes. */
  nodeSelector: Record<string, string>;
}
