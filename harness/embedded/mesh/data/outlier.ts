/**
 * Outlier detection, as Envoy does it: a host that fails several times in a row is left out for a while, longer each time.
 * https://www.envoyproxy.io/docs/envoy/latest/intro/arch_overview/upstream/outlier
 */
import type { OutlierConfig } from '../config.ts';

const MAX_EJECTION_MS = 300_000;

/** What one host did lately. */
export class Health {
  #failures = 0;
  #gatewayFailures = 0;
  #ejections = 0;
  #until = 0;

  isEjected(now: number): boolean {
    return now < this.#until;
  }

  /** Notes an answer; true when the host should be left out for it. */
  failsWith(status: number, config: OutlierConfig): boolean {
    this.#failures = status >= 500 ? this.#failures + 1 : 0;
    this.#gatewayFailures = status >= 502 && status <= 504 ? this.#gatewayFailures + 1 : 0;
    const { consecutive5xx, consecutiveGatewayErrors } = config;
    return (
      (consecutive5xx > 0 && this.#failures >= consecutive5xx) ||
      (consecutiveGatewayErrors > 0 && this.#gatewayFailures >= consecutiveGatewayErrors)
    );
  }

  /** Hosts come back at the next interval after their time is over. */
  eject(now: number, { baseEjectionMs, intervalMs }: OutlierConfig): void {
    const calm = this.#until === 0 ? 0 : Math.floor((now - this.#until) / intervalMs);
    this.#ejections = Math.max(0, this.#ejections - calm) + 1;
    const duration = Math.min(baseEjectionMs * this.#ejections, Math.max(MAX_EJECTION_MS, baseEjectionMs));
    this.#until = Math.ceil((now + duration) / intervalMs) * intervalMs;
    this.#failures = 0;
    this.#gatewayFailures = 0;
  }
}
