// The crew's page, for a phone in the rain.
import { createApp } from "vue";
import "../src/shared/look/tokens.css";
import "../src/shared/look/base.css";
import "./light/light.css";
import { this_page_is } from "../src/shared/api/face";
import "./crew.css";
import CrewApp from "./CrewApp.vue";
import { name_installed_app } from "./offline/offline";

this_page_is("crew");
name_installed_app();
createApp(CrewApp).mount("#page");
