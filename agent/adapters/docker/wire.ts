/** The parts of the engine's answers that are read here (Engine API 1.41 and later). */

export interface WireInfo {
  readonly ServerVersion: string;
  readonly Driver: string;
  readonly DriverStatus?: readonly (readonly [string, string])[] | null;
  readonly OSType: string;
  readonly Architecture: string;
  readonly NCPU: number;
  readonly MemTotal: number;
  readonly DockerRootDir: string;
  /** RFC 3339. */
  readonly SystemTime?: string;
  readonly Runtimes?: Readonly<Record<string, unknown>> | null;
  readonly InitBinary?: string;
  readonly InitCommit?: { readonly ID?: string };
  readonly MemoryLimit?: boolean;
  readonly SwapLimit?: boolean;
  readonly CpuCfsQuota?: boolean;
}

export interface WireImage {
  readonly Id: string;
  readonly RepoTags?: readonly string[] | null;
  readonly RepoDigests?: readonly string[] | null;
  readonly Size: number;
  readonly Os: string;
  readonly Architecture: string;
  readonly Variant?: string;
  readonly RootFS: { readonly Layers?: readonly string[] | null };
  readonly Config?: Readonly<Record<string, unknown>> | null;
}

export interface WireListed {
  readonly Id: string;
  readonly ImageID: string;
  /** Seconds since 1970. */
  readonly Created: number;
  readonly State: string;
  readonly Labels?: Readonly<Record<string, string>> | null;
  readonly HostConfig?: { readonly NetworkMode?: string };
  readonly NetworkSettings?: {
    readonly Networks?: Readonly<Record<string, { readonly IPAddress?: string } | null>> | null;
  };
}

export interface WireContainer {
  readonly Id: string;
  readonly Created: string;
  readonly Image: string;
  readonly State: {
    readonly Running: boolean;
    readonly ExitCode: number;
    readonly StartedAt: string;
    readonly FinishedAt: string;
  };
  readonly Config: { readonly Labels?: Readonly<Record<string, string>> | null };
  readonly HostConfig: { readonly RestartPolicy?: { readonly Name?: string } };
  /** Only when asked for. */
  readonly SizeRw?: number;
  readonly SizeRootFs?: number;
}

/** A line of the engine's events. */
export interface WireEvent {
  readonly Actor?: { readonly ID?: string; readonly Attributes?: Readonly<Record<string, string>> | null };
}

export interface WireStats {
  /** When the sample was taken, RFC 3339. */
  readonly read?: string;
  /** Nanoseconds of all cores since the container started. */
  readonly cpu_stats?: { readonly cpu_usage?: { readonly total_usage?: number } };
  readonly memory_stats?: { readonly usage?: number; readonly stats?: Readonly<Record<string, number>> };
}
