discourse.start();
document.documentElement.dataset.ready = "yes";
