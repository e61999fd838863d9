/** A program that trains with Hookline as a library. */
module com.example.library {
    requires org.hookline.api;
    requires org.hookline.engine;
    requires org.hookline.library;
    requires org.hookline.runfile;
}
