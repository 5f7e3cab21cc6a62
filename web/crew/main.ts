// The crew's page, for a phone in the rain.
import { createApp } from "vue";
import "../src/shared/look/tokens.css";
import "../src/shared/look/base.css";
import "./crew.css";
import CrewApp from "./CrewApp.vue";

createApp(CrewApp).mount("#page");
