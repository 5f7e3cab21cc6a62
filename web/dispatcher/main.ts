// The dispatcher's desk.
import { createApp } from "vue";
import "../src/shared/look/tokens.css";
import "../src/shared/look/base.css";
import DispatcherApp from "./DispatcherApp.vue";

createApp(DispatcherApp).mount("#page");
