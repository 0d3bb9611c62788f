/** Bounds the memory in which bodies are kept so that they can be sent again. */
export class ReplayBudget {
  private usedBytes = 0;

  /** @param totalBytes for all requests together */
  constructor(private readonly totalBytes: number) {}

  /** False: there is no room, nothing was taken. */
  take(sizeBytes: number): boolean {
    if (this.usedBytes + sizeBytes > this.totalBytes) return false;
    this.usedBytes += sizeBytes;
    return true;
  }

  giveBack(sizeBytes: number): void {
    this.usedBytes -= sizeBytes;
  }
}
