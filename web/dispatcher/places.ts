// What stands in each place of the desk: in the list's, in the panel's, and over both. In each stands one thing.
import { type Ref, ref, shallowRef } from "vue";

/** What can stand where the list of outages does. */
export type LeftView = "list" | "plan" | "switching" | "planned";

/** What can stand where the chosen outage does. */
export interface Chosen {
  kind: "hazard" | "order" | "planned";
  id: string;
}

export class Places {
  readonly left = ref<LeftView>("list");
  readonly chosen = shallowRef<Chosen | null>(null);
  /** The list of crews stands where the chosen outage would, which comes back when it is left. */
  readonly is_showing_crews = ref(false);
  /** The storm stands over list and map; what is chosen stays beside it. */
  readonly is_showing_storm = ref(false);
  /** The caller's view stands over everything. */
  readonly is_calling = ref(false);
  /** The past stands in place of all of it. */
  readonly is_replaying = ref(false);

  constructor(private readonly selected_outage: Ref<string | null>) {}

  /** Turn to a view, or from it back to the list. What is turned to is to be seen: the storm gives way to it. */
  readonly turn_to = (view: LeftView): void => {
    this.left.value = this.left.value === view ? "list" : view;
    if (this.left.value !== "list") this.is_showing_storm.value = false;
  };

  /** Look back; not while somebody is on the line. */
  readonly look_back = (): void => {
    this.is_replaying.value = !this.is_calling.value;
  };

  readonly select = (outage_id: string | null): void => {
    this.is_showing_crews.value = false;
    this.chosen.value = null;
    this.selected_outage.value = outage_id;
  };

  readonly show = (kind: Chosen["kind"], id: string): void => {
    this.select(null);
    this.chosen.value = { kind, id };
  };

  readonly leave_chosen = (): void => {
    this.chosen.value = null;
  };

  /** The id of what is chosen, where it is of this kind. */
  readonly id_of = (kind: Chosen["kind"]): string | null =>
    this.chosen.value?.kind === kind ? this.chosen.value.id : null;
}
