// What a crew is doing, in one word that fits the jobs on its page: those are told live and outlive the signal, the
// status is asked for now and then.

/** Return the status as it must be with so many open jobs. Duty and rest are the server's to say. */
export function status_with_jobs(status: string, jobs: number): string {
  if (status === "free" && jobs > 0) return "busy";
  if (status === "busy" && jobs === 0) return "free";
  return status;
}
